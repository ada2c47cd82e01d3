namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>The data file of a checkpoint, <c>PATH.data</c>: the tensors' bytes, one straight after the other.</summary>
internal sealed class ExternalTensors : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;
    private long _left;

    /// <summary>Opens the file beside a checkpoint.</summary>
    /// <exception cref="InputException">It is missing.</exception>
    public ExternalTensors(string checkpoint)
    {
        _path = PathOf(checkpoint);
        _stream = IoFailure.OpenRead(_path, "data file of a checkpoint");
        _left = _stream.Length;
    }

    /// <summary>The data file's path.</summary>
    public static string PathOf(string checkpoint) => checkpoint + ".data";

    /// <summary>The bytes of a tensor.</summary>
    /// <exception cref="InputException">The file does not hold them.</exception>
    public byte[] Read(string name, long offset, long length)
    {
        // Tensors do not share bytes, so that all together are never longer than the file.
        if (offset > _stream.Length - length || (_left -= length) < 0)
            throw new InputException($"damaged data file of a checkpoint: it does not hold '{name}'", _path, "copy it again together with its checkpoint");
        if (length > Array.MaxLength) throw new InputException($"the tensor '{name}' is larger than 2 GB", _path, "such a tensor is not read");
        byte[] bytes = new byte[length];
        _stream.Position = offset;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
