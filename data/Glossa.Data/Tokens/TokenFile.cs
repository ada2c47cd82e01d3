using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Glossa.Data.Corpora;

namespace Glossa.Data.Tokens;

/// <summary>
/// A corpus as token ids, memory-mapped: opening reads the index alone, whatever the size. Safe to read from several
/// threads until it is disposed.
/// </summary>
public sealed unsafe class TokenFile : IDisposable
{
    private const string Again = "delete the file and run the same command again";

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly TokenFileHeader _header;
    private readonly int[] _languageIndices;
    private readonly int[] _utf8Bytes;
    private readonly int[] _tokenCounts;
    private readonly long[] _tokenOffsets;
    private readonly CorpusSplit[] _splits;
    private byte* _start;

    private TokenFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, TokenFileHeader header)
    {
        (_file, _view, _header) = (file, view, header);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        try
        {
            long offset = header.IndexOffset;
            _languageIndices = Column<int>(ref offset);
            _utf8Bytes = Column<int>(ref offset);
            _tokenCounts = Column<int>(ref offset);
            _splits = Array.ConvertAll(Column<byte>(ref offset), split => (CorpusSplit)split);
            Languages = ReadLanguages(offset, path);
            _tokenOffsets = Offsets(path);
        }
        catch
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            throw;
        }
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

    /// <summary>Index into <see cref="Languages"/> of each text.</summary>
    public ReadOnlySpan<int> LanguageIndices => _languageIndices;

    /// <summary>The split of each text.</summary>
    public ReadOnlySpan<CorpusSplit> Splits => _splits;

    /// <summary>Bytes of UTF-8 of each text.</summary>
    public ReadOnlySpan<int> Utf8Bytes => _utf8Bytes;

    /// <summary>Number of ids of each text.</summary>
    public ReadOnlySpan<int> TokenCounts => _tokenCounts;

    /// <summary>Where each text's ids start, counted in ids from the first.</summary>
    public ReadOnlySpan<long> TokenOffsets => _tokenOffsets;

    /// <summary>Opens a token file.</summary>
    /// <exception cref="InputException">The file is missing, cut short or damaged.</exception>
    public static TokenFile Open(string path)
    {
        FileStream stream = IoFailure.OpenRead(path, "token file");
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            byte[] start = new byte[TokenFileHeader.Size];
            int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            TokenFileHeader header = TokenFileHeader.Read(start.AsSpan(0, read), stream.Length, path);
            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            return new TokenFile(path, file, view, header);
        }
        catch (Exception e)
        {
            view?.Dispose();
            file?.Dispose();
            stream.Dispose();
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
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, TokenCount - destination.Length);
        byte* from = _start + TokenFileHeader.Size + (offset * _header.BytesPerId);
        if (_header.BytesPerId == 4) new ReadOnlySpan<int>(from, destination.Length).CopyTo(destination);
        else Widen(new ReadOnlySpan<ushort>(from, destination.Length), destination);
    }

    /// <summary>The ids of one text.</summary>
    public int[] Ids(int text)
    {
        int[] ids = new int[_tokenCounts[text]];
        CopyIds(_tokenOffsets[text], ids);
        return ids;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (_start is null) return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

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

    private T[] Column<T>(ref long offset) where T : unmanaged
    {
        T[] values = new ReadOnlySpan<T>(_start + offset, _header.Texts).ToArray();
        offset += (long)_header.Texts * sizeof(T);
        return values;
    }

    private string[] ReadLanguages(long offset, string path)
    {
        string[] languages = new string[_header.Languages];
        for (int i = 0; i < languages.Length; i++)
        {
            int length = offset + 4 <= _header.FileLength ? MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(_start + offset, 4)) : -1;
            offset += 4;
            if (length < 0 || offset + length > _header.FileLength) throw new InputException("the token file's languages are damaged", path, Again);
            languages[i] = Encoding.UTF8.GetString(_start + offset, length);
            offset += length;
        }
        return languages;
    }

    private long[] Offsets(string path)
    {
        long[] offsets = new long[_tokenCounts.Length];
        long sum = 0;
        bool sound = true;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = sum;
            sum += _tokenCounts[i];
            sound &= _tokenCounts[i] >= 0 && _utf8Bytes[i] >= 0 && (uint)_languageIndices[i] < (uint)Languages.Count && _splits[i] <= CorpusSplit.Test;
        }
        return sound && sum == TokenCount ? offsets : throw new InputException("the token file's index is damaged", path, Again);
    }
}
