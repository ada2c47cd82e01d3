using System.Buffers.Binary;
using Glossa.Data.Corpora;

namespace Glossa.Data.Tokens;

/// <summary>
/// The fixed first bytes of a token file, all numbers little-endian. After it stand the ids, then, from
/// <see cref="IndexOffset"/>, the columns of the texts (int64: the ids before each text, and before the end; int32: the UTF-8 bytes of each), the number of texts
/// of each language in each split (int32; texts stand in this order) and the languages (each a length int32 and UTF-8).
/// </summary>
/// <param name="BytesPerId">2 where the vocabulary has at most 65,536 ids, else 4.</param>
/// <param name="VocabularySize">Ids of the tokenizer, tags included.</param>
/// <param name="TextVocabularySize">Ids that a model may predict.</param>
/// <param name="Languages">Number of languages.</param>
/// <param name="Texts">Number of texts.</param>
/// <param name="Tokens">Number of ids.</param>
/// <param name="FileLength">Bytes of the whole file.</param>
/// <param name="TokenizerHash">The tokenizer's content hash, 64 hexadecimal digits.</param>
internal readonly record struct TokenFileHeader(int BytesPerId, int VocabularySize, int TextVocabularySize, int Languages, int Texts, long Tokens,
    long FileLength, string TokenizerHash)
{
    /// <summary>Bytes of the header; ids start here.</summary>
    public const int Size = 96;

    /// <summary>Version of the format.</summary>
    public const int Version = 2;

    private static ReadOnlySpan<byte> Magic => "GLOSSATK"u8;

    /// <summary>Where the columns start: after the ids, at a multiple of 8.</summary>
    public long IndexOffset => (Size + (Tokens * BytesPerId) + 7) & ~7L;

    /// <summary>Where the bytes of the texts stand.</summary>
    public long BytesOffset => IndexOffset + (((long)Texts + 1) * sizeof(long));

    /// <summary>Where the numbers of texts by language and split stand.</summary>
    public long SectionsOffset => BytesOffset + ((long)Texts * sizeof(int));

    /// <summary>Where the languages' names stand.</summary>
    public long NamesOffset => SectionsOffset + ((long)Languages * CorpusSplits.Count * sizeof(int));

    /// <summary>The header as bytes.</summary>
    public byte[] Write()
    {
        byte[] bytes = new byte[Size];
        Magic.CopyTo(bytes);
        Span<int> numbers = [Version, BytesPerId, VocabularySize, TextVocabularySize, Languages, Texts];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8 + (4 * i)), numbers[i]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Tokens);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), FileLength);
        Convert.FromHexString(TokenizerHash).CopyTo(bytes, 48);
        return bytes;
    }

    /// <summary>Reads and checks a header.</summary>
    /// <param name="bytes">The file's first bytes.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="path">The file, for errors.</param>
    /// <exception cref="InputException">It is no token file, of another version, or damaged.</exception>
    public static TokenFileHeader Read(ReadOnlySpan<byte> bytes, long length, string path)
    {
        const string again = "delete the file and run the same command again";
        if (bytes.Length < Size || !bytes[..8].SequenceEqual(Magic)) throw new InputException("the file is no token file, or is cut short", path, again);
        int version = Int32(bytes, 8);
        if (version != Version) throw new InputException($"the token file has version {version}, expected {Version}", path, again);
        TokenFileHeader header = new(Int32(bytes, 12), Int32(bytes, 16), Int32(bytes, 20), Int32(bytes, 24), Int32(bytes, 28),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), Convert.ToHexStringLower(bytes.Slice(48, 32)));
        if (header.FileLength != length) throw new InputException($"the token file has {length} bytes, its header says {header.FileLength}", path, again);
        bool sound = header is { BytesPerId: 2 or 4, VocabularySize: > 0, TextVocabularySize: > 0, Languages: >= 0, Texts: >= 0, Tokens: >= 0 }
            && header.TextVocabularySize <= header.VocabularySize && header.Tokens <= (length - Size) / header.BytesPerId
            && header.NamesOffset + (4L * header.Languages) <= length;
        return sound ? header : throw new InputException("the token file's header contradicts itself", path, again);
    }

    private static int Int32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);
}
