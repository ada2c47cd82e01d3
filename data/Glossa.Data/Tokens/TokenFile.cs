using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Glossa.Data.Corpora;

namespace Glossa.Data.Tokens;

/// <summary>
/// A corpus as token ids, memory-mapped: opening reads the index alone, and nothing of it is copied, so memory does not grow with the corpus. Texts stand by language,
/// in a language by split. Safe to read from several threads until it is disposed.
/// </summary>
public sealed unsafe class TokenFile : IDisposable
{
    private const string Again = "delete the file and run the same command again";

    private readonly MappedFile _file;
    private readonly TokenFileHeader _header;
    private readonly int[] _sectionStarts;

    private TokenFile(string path, MappedFile file, TokenFileHeader header)
    {
        (_file, _header) = (file, header);
        _sectionStarts = SectionStarts(path);
        Languages = ReadLanguages(path);
        CheckColumns(path);
    }

    /// <summary>The languages that the texts' indices name.</summary>
    public IReadOnlyList<string> Languages { get; }

    /// <summary>Number of texts.</summary>
    public int TextCount => _header.Texts;

    /// <summary>Number of ids over all texts.</summary>
    public long TokenCount => _header.Tokens;

    /// <summary>Ids of the tokenizer, tags included.</summary>
    public int VocabularySize => _header.VocabularySize;

    /// <summary>Ids that a model may predict.</summary>
    public int TextVocabularySize => _header.TextVocabularySize;

    /// <summary>Content hash of the tokenizer that made the file.</summary>
    public string TokenizerHash => _header.TokenizerHash;

    /// <summary>Bytes of UTF-8 of each text.</summary>
    public ReadOnlySpan<int> Utf8Bytes => Column<int>(_header.BytesOffset, TextCount);

    /// <summary>Where each text's ids start, counted in ids from the first; one more says where the last one's end.</summary>
    public ReadOnlySpan<long> TokenOffsets => Column<long>(_header.IndexOffset, TextCount + 1);

    /// <summary>The texts of a language in a split.</summary>
    public TextRange Texts(int language, CorpusSplit split)
    {
        int section = (language * CorpusSplits.Count) + (int)split;
        return new TextRange(_sectionStarts[section], _sectionStarts[section + 1] - _sectionStarts[section]);
    }

    /// <summary>Bytes of UTF-8 of the texts of a language in a split.</summary>
    public long BytesOf(int language, CorpusSplit split)
    {
        TextRange texts = Texts(language, split);
        long sum = 0;
        foreach (int bytes in Utf8Bytes.Slice(texts.First, texts.Count)) sum += bytes;
        return sum;
    }

    /// <summary>Index into <see cref="Languages"/> of a text.</summary>
    public int LanguageOf(int text)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(text, TextCount);
        int low = 0, high = _sectionStarts.Length - 1;
        // The last section that starts at or before the text; empty ones before it start there as well.
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (_sectionStarts[middle] <= text) low = middle;
            else high = middle;
        }
        return low / CorpusSplits.Count;
    }

    /// <summary>Number of ids of a text.</summary>
    public int TokenCountOf(int text)
    {
        ReadOnlySpan<long> offsets = TokenOffsets;
        return (int)(offsets[text + 1] - offsets[text]);
    }

    /// <summary>Opens a token file.</summary>
    /// <exception cref="InputException">The file is missing, cut short or damaged.</exception>
    public static TokenFile Open(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "token file");
        MappedFile? file = null;
        try
        {
            byte[] start = new byte[TokenFileHeader.Size];
            int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            TokenFileHeader header = TokenFileHeader.Read(start.AsSpan(0, read), stream.Length, path);
            file = new MappedFile(stream);
            return new TokenFile(path, file, header);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException) throw new InputException($"cannot map the token file ({e.Message.TrimEnd('.')})", path, "check its permissions", e);
            throw;
        }
    }

    /// <summary>Opens a token file and checks that <paramref name="tokenizerHash"/> made it.</summary>
    /// <exception cref="InputException">As <see cref="Open(string)"/>, or another tokenizer made the file.</exception>
    public static TokenFile Open(string path, string tokenizerHash)
    {
        TokenFile file = Open(path);
        if (file.TokenizerHash == tokenizerHash) return file;
        file.Dispose();
        throw new InputException("the token file was made by another tokenizer", path, Again);
    }

    /// <summary>Copies ids into <paramref name="destination"/>, which says how many.</summary>
    /// <param name="offset">First id, counted from the file's first.</param>
    /// <param name="destination">Where the ids go.</param>
    public void CopyIds(long offset, Span<int> destination)
    {
        byte* start = _file.Start;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, TokenCount - destination.Length);
        byte* from = start + TokenFileHeader.Size + (offset * _header.BytesPerId);
        if (_header.BytesPerId == 4) new ReadOnlySpan<int>(from, destination.Length).CopyTo(destination);
        else Widen(new ReadOnlySpan<ushort>(from, destination.Length), destination);
    }

    /// <summary>The ids of one text.</summary>
    public int[] Ids(int text)
    {
        int[] ids = new int[TokenCountOf(text)];
        CopyIds(TokenOffsets[text], ids);
        return ids;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _file.Dispose();

    private static void Widen(ReadOnlySpan<ushort> source, Span<int> destination)
    {
        int i = 0;
        for (int lanes = Vector<ushort>.Count; i + lanes <= source.Length; i += lanes)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            low.As<uint, int>().CopyTo(destination[i..]);
            high.As<uint, int>().CopyTo(destination[(i + Vector<int>.Count)..]);
        }
        for (; i < source.Length; i++) destination[i] = source[i];
    }

    private ReadOnlySpan<T> Column<T>(long offset, int count) where T : unmanaged => new(_file.Start + offset, count);

    private int[] SectionStarts(string path)
    {
        ReadOnlySpan<int> counts = Column<int>(_header.SectionsOffset, checked(_header.Languages * CorpusSplits.Count));
        int[] starts = new int[counts.Length + 1];
        long sum = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            sum += counts[i];
            if (counts[i] < 0 || sum > TextCount) break;
            starts[i + 1] = (int)sum;
        }
        return starts[^1] == TextCount && sum == TextCount ? starts : throw Damaged(path);
    }

    private string[] ReadLanguages(string path)
    {
        string[] languages = new string[_header.Languages];
        long offset = _header.NamesOffset;
        for (int i = 0; i < languages.Length; i++)
        {
            int length = offset + 4 <= _header.FileLength ? MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(_file.Start + offset, 4)) : -1;
            offset += 4;
            if (length < 0 || offset + length > _header.FileLength) throw new InputException("the token file's languages are damaged", path, Again);
            languages[i] = Encoding.UTF8.GetString(_file.Start + offset, length);
            offset += length;
        }
        return languages;
    }

    private void CheckColumns(string path)
    {
        ReadOnlySpan<long> offsets = TokenOffsets;
        bool sound = offsets[0] == 0 && offsets[^1] == TokenCount;
        for (int i = 1; i < offsets.Length; i++) sound &= (ulong)(offsets[i] - offsets[i - 1]) <= int.MaxValue;
        foreach (int bytes in Utf8Bytes) sound &= bytes >= 0;
        if (!sound) throw Damaged(path);
    }

    private static InputException Damaged(string path) => new("the token file's index is damaged", path, Again);
}
