using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>Encodes words of text by byte-level byte-pair encoding, straight from their UTF-8.</summary>
internal sealed class BpeEncoder
{
    private readonly PairJoiner _joiner;
    private readonly int[] _byteIds;
    private readonly Func<string, int>? _wholeWord;
    private readonly WordCache _cache = new();

    /// <summary>Prepares merges for look-up.</summary>
    /// <param name="merges">Merges, first rule first.</param>
    /// <param name="byteIds">The id of each byte.</param>
    /// <param name="wholeWord">The id, or -1, of a word in the bytes' alphabet that is taken whole where it is a token; null for none.</param>
    public BpeEncoder(ImmutableArray<BpeMerge> merges, IReadOnlyList<int> byteIds, Func<string, int>? wholeWord = null)
    {
        _joiner = new PairJoiner(merges);
        _byteIds = [.. byteIds];
        _wholeWord = wholeWord;
    }

    /// <summary>Appends the ids of a text.</summary>
    public void Encode(ReadOnlySpan<char> text, WordPattern pattern, List<int> ids)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = pattern.WordEnd(text, start);
            EncodeWord(text[start..end], ids);
            start = end;
        }
    }

    /// <summary>Appends the ids of one word.</summary>
    public void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > WordCache.LongestWord)
        {
            EncodeUncached(word, ids, PairJoiner.ShortWord);
            return;
        }
        uint hash = WordTable.Hash(word);
        if (_cache.TryAppend(word, hash, ids)) return;
        int before = ids.Count;
        EncodeUncached(word, ids, PairJoiner.ShortWord);
        _cache.Keep(word, hash, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    /// <summary>Appends the ids of one word, merging with a heap whatever its length; the other way to the same ids.</summary>
    internal void EncodeWordByHeap(ReadOnlySpan<char> word, List<int> ids) => EncodeUncached(word, ids, shortWord: 0);

    private void EncodeUncached(ReadOnlySpan<char> word, List<int> ids, int shortWord)
    {
        // Encoding.UTF8 writes a lone surrogate as U+FFFD.
        int most = Encoding.UTF8.GetMaxByteCount(word.Length);
        byte[]? rented = most > 512 ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> bytes = rented ?? stackalloc byte[512];
        bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
        if (_wholeWord is null || _wholeWord(ByteAlphabet.Write(bytes)) is not (int whole and >= 0))
        {
            int before = ids.Count;
            CollectionsMarshal.SetCount(ids, before + bytes.Length);
            Span<int> symbols = CollectionsMarshal.AsSpan(ids)[before..];
            for (int i = 0; i < symbols.Length; i++) symbols[i] = _byteIds[bytes[i]];
            CollectionsMarshal.SetCount(ids, before + _joiner.Join(symbols, [], shortWord));
        }
        else
        {
            ids.Add(whole);
        }
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }
}
