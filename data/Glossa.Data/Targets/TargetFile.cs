using System.Runtime.InteropServices;

namespace Glossa.Data.Targets;

/// <summary>
/// What models expect at each place of a corpus, memory-mapped: for every prediction of a text (its tokens in order, then the end) the most probable next ids with their probabilities. Safe to read from several
/// threads until it is disposed.
/// </summary>
public sealed unsafe class TargetFile : IDisposable
{
    private const string Again = "delete the file and run the same command again";

    private readonly string _path;
    private readonly MappedFile _file;
    private readonly TargetFileHeader _header;

    private TargetFile(string path, MappedFile file, TargetFileHeader header) => (_path, _file, _header) = (path, file, header);

    /// <summary>Ids of each prediction.</summary>
    public int Candidates => _header.Candidates;

    /// <summary>Number of texts, those without predictions included.</summary>
    public int TextCount => _header.Texts;

    /// <summary>Opens a target file.</summary>
    /// <exception cref="InputException">The file is missing, cut short or damaged.</exception>
    public static TargetFile Open(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "target file");
        byte[] start = new byte[TargetFileHeader.Size];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        TargetFileHeader header = TargetFileHeader.Read(start.AsSpan(0, read), stream.Length, path);
        return new TargetFile(path, new MappedFile(stream), header);
    }

    /// <summary>Reads predictions of one text that follow each other.</summary>
    /// <param name="text">The text.</param>
    /// <param name="first">Number of the first one in the text.</param>
    /// <param name="ids">Gets their candidates, <c>[predictions, candidates]</c>, and says how many.</param>
    /// <param name="probabilities">Gets the candidates' probabilities, shaped as the ids; those of a prediction sum to 1 at most, the rest being that of other ids.</param>
    /// <exception cref="InputException">The text has no such predictions.</exception>
    public void Read(int text, int first, Span<int> ids, Span<float> probabilities)
    {
        byte* start = _file.Start;
        ArgumentOutOfRangeException.ThrowIfNotEqual(probabilities.Length, ids.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)text, (uint)_header.Texts, nameof(text));
        long begin = MemoryMarshal.Read<long>(new ReadOnlySpan<byte>(start + TargetFileHeader.Size + ((long)text * sizeof(long)), sizeof(long)));
        int count = ids.Length / Candidates;
        if (begin < 0 || begin + first + count > _header.Predictions)
            throw new InputException($"the target file has no predictions {first} to {first + count} of text {text}", _path, Again);
        byte* at = start + _header.PredictionsOffset + ((begin + first) * _header.PredictionBytes);
        for (int i = 0; i < count; i++, at += _header.PredictionBytes)
            ReadOne(new ReadOnlySpan<byte>(at, _header.PredictionBytes), ids.Slice(i * Candidates, Candidates), probabilities.Slice(i * Candidates, Candidates));
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _file.Dispose();

    // Rounding may lift a sum a little above 1.
    private void ReadOne(ReadOnlySpan<byte> stored, Span<int> ids, Span<float> probabilities)
    {
        if (_header.BytesPerId == sizeof(int)) MemoryMarshal.Cast<byte, int>(stored[..(Candidates * sizeof(int))]).CopyTo(ids);
        else
        {
            ReadOnlySpan<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(stored[..(Candidates * sizeof(ushort))]);
            for (int i = 0; i < ids.Length; i++) ids[i] = narrow[i];
        }
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(stored[(Candidates * _header.BytesPerId)..]);
        float sum = 0;
        for (int i = 0; i < probabilities.Length; i++) sum += probabilities[i] = (float)halves[i];
        if (!(sum > 0)) throw new InputException("the target file has predictions that were never written", _path, Again);
        for (int i = 0; i < probabilities.Length && sum > 1; i++) probabilities[i] /= sum;
    }
}
