using System.Buffers.Binary;

namespace Glossa.Data.Targets;

/// <summary>
/// The fixed first bytes of a target file, all numbers little-endian. After it stands, for each text, the number of its first prediction (int64, -1 where it has none), and
/// then for each prediction its candidates' ids and, as half floats, their probabilities.
/// </summary>
/// <param name="BytesPerId">2 where the vocabulary has at most 65,536 ids, else 4.</param>
/// <param name="Candidates">Ids of each prediction.</param>
/// <param name="Texts">Number of texts.</param>
/// <param name="Predictions">Number of predictions over all texts.</param>
internal readonly record struct TargetFileHeader(int BytesPerId, int Candidates, int Texts, long Predictions)
{
    /// <summary>Bytes of the header; the index starts here.</summary>
    public const int Size = 32;

    private const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "GLOSSATG"u8;

    /// <summary>Bytes of one prediction.</summary>
    public int PredictionBytes => Candidates * (BytesPerId + sizeof(ushort));

    /// <summary>Where the predictions start.</summary>
    public long PredictionsOffset => Size + ((long)Texts * sizeof(long));

    /// <summary>Bytes of the whole file.</summary>
    public long FileLength => PredictionsOffset + (Predictions * PredictionBytes);

    /// <summary>The header as bytes.</summary>
    public byte[] Write()
    {
        byte[] bytes = new byte[Size];
        Magic.CopyTo(bytes);
        Span<int> numbers = [Version, BytesPerId, Candidates, Texts];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8 + (4 * i)), numbers[i]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Predictions);
        return bytes;
    }

    /// <summary>Reads and checks a header.</summary>
    /// <param name="bytes">The file's first bytes.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="path">The file, for errors.</param>
    /// <exception cref="InputException">It is no target file, of another version, or damaged.</exception>
    public static TargetFileHeader Read(ReadOnlySpan<byte> bytes, long length, string path)
    {
        const string again = "delete the file and run the same command again";
        if (bytes.Length < Size || !bytes[..8].SequenceEqual(Magic)) throw new InputException("the file is no target file, or is cut short", path, again);
        int version = Int32(bytes, 8);
        if (version != Version) throw new InputException($"the target file has version {version}, expected {Version}", path, again);
        TargetFileHeader header = new(Int32(bytes, 12), Int32(bytes, 16), Int32(bytes, 20), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));
        bool sound = header is { BytesPerId: 2 or 4, Candidates: > 0 and < 1 << 20, Texts: >= 0, Predictions: >= 0 } && header.Predictions <= length && header.FileLength == length;
        return sound ? header : throw new InputException("the target file's header contradicts its length", path, again);
    }

    private static int Int32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);
}
