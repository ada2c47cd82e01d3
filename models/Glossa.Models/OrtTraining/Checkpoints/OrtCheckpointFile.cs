namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>Reads and writes checkpoints of ONNX Runtime Training (1.17 to 1.19, format version 2).</summary>
public static class OrtCheckpointFile
{
    /// <summary>Parameters of more bytes than this in all are kept in a file beside the checkpoint: one FlatBuffers file ends at 2 GB.</summary>
    private const long MostInline = 1800L << 20;

    /// <summary>Reads a checkpoint, with the data that it keeps in <c>PATH.data</c>.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or of another version.</exception>
    public static OrtCheckpoint Read(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "checkpoint");
        if (stream.Length > Array.MaxLength) throw new InputException("damaged checkpoint: it is larger than the 2 GB that one file can have", path, "copy it again");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return CheckpointReader.Read(bytes, path);
    }

    /// <summary>Reads a checkpoint whose data are inside.</summary>
    /// <exception cref="InputException">It is damaged, of another version, or keeps its data elsewhere.</exception>
    public static OrtCheckpoint Parse(ReadOnlyMemory<byte> bytes) => CheckpointReader.Read(bytes, null);

    /// <summary>Writes a checkpoint, atomically; one above 1.8 GB keeps its parameters in <c>PATH.data</c>, which is written first.</summary>
    /// <exception cref="WorkException">The disk is full, the folder cannot be written, or the optimizer's state is larger than the format can hold.</exception>
    public static void Write(string path, OrtCheckpoint checkpoint) => Write(path, checkpoint, MostInline);

    internal static void Write(string path, OrtCheckpoint checkpoint, long mostInline)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        bool external = checkpoint.Parameters.Sum(tensor => (long)tensor.Data.Length) > mostInline;
        if (CheckpointWriter.Size(checkpoint, external) > Array.MaxLength)
            throw new WorkException("the optimizer's state is larger than the 2 GB that a checkpoint can hold", path, "leave it out");
        if (external) AtomicFile.Write(ExternalTensors.PathOf(path), stream => WriteData(stream, checkpoint));
        ArraySegment<byte> bytes = CheckpointWriter.Write(checkpoint, external);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    private static void WriteData(Stream stream, OrtCheckpoint checkpoint)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("checkpoints are little-endian");
        foreach (OrtTensor tensor in checkpoint.Parameters) stream.Write(tensor.Data.Span);
    }
}
