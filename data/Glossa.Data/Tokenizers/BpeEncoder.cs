using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>Applies a model's merges to words: the rule of lowest rank first and, of equals, the leftmost.</summary>
internal sealed class BpeEncoder
{
    // Below this many bytes a scan over all pairs is faster than a heap.
    private const int ShortWord = 48;

    private readonly BpeModel _model;
    private readonly MergeTable _merges;
    private readonly int[] _byteIds;
    private readonly WordCache _cache = new();

    /// <summary>Prepares the model's merges for look-up.</summary>
    public BpeEncoder(BpeModel model)
    {
        _model = model;
        _merges = new MergeTable(model.Merges);
        _byteIds = [.. model.ByteIds];
    }

    /// <summary>Appends the ids of a text.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        WordPattern pattern = _model.Pattern;
        for (int start = 0; start < text.Length;)
        {
            int end = pattern.WordEnd(text, start);
            EncodeWord(text[start..end], ids);
            start = end;
        }
    }

    /// <summary>Appends the ids of one word, merging with a heap whatever its length; the other way to the same ids.</summary>
    internal void EncodeWordByHeap(ReadOnlySpan<char> word, List<int> ids) => EncodeUncached(word, ids, shortWord: 0);

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > WordCache.LongestWord)
        {
            EncodeUncached(word, ids, ShortWord);
            return;
        }
        uint hash = WordTable.Hash(word);
        if (_cache.Find(word, hash) is { } known)
        {
            ids.AddRange(known.AsSpan());
            return;
        }
        int before = ids.Count;
        EncodeUncached(word, ids, ShortWord);
        _cache.Keep(word, hash, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private void EncodeUncached(ReadOnlySpan<char> word, List<int> ids, int shortWord)
    {
        // Encoding.UTF8 writes a lone surrogate as U+FFFD.
        int most = Encoding.UTF8.GetMaxByteCount(word.Length);
        byte[]? rented = most > 512 ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> bytes = rented ?? stackalloc byte[512];
        bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
        int before = ids.Count;
        CollectionsMarshal.SetCount(ids, before + bytes.Length);
        Span<int> symbols = CollectionsMarshal.AsSpan(ids)[before..];
        for (int i = 0; i < symbols.Length; i++) symbols[i] = _byteIds[bytes[i]];
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        int count = symbols.Length <= shortWord ? MergeByScan(symbols) : MergeByHeap(symbols);
        CollectionsMarshal.SetCount(ids, before + count);
    }

    private int MergeByScan(Span<int> symbols)
    {
        int count = symbols.Length;
        Span<int> ranks = stackalloc int[ShortWord];
        for (int i = 0; i + 1 < count; i++) ranks[i] = _merges.Rank(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
                if (ranks[i] < ranks[best]) best = i;
            if (ranks[best] == MergeTable.NoMerge) break;
            symbols[best] = _model.Merges[ranks[best]].Result;
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            count--;
            if (best + 1 < count)
            {
                ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
                ranks[best] = _merges.Rank(symbols[best], symbols[best + 1]);
            }
            if (best > 0) ranks[best - 1] = _merges.Rank(symbols[best - 1], symbols[best]);
        }
        return count;
    }

    /// <summary>Merges in O(n log n): linked symbols and a heap of (rank, position), entries that no longer hold being passed over.</summary>
    private int MergeByHeap(Span<int> symbols)
    {
        int count = symbols.Length;
        int[] rented = ArrayPool<int>.Shared.Rent(count * 2);
        Span<int> next = rented.AsSpan(0, count), previous = rented.AsSpan(count, count);
        using RankHeap heap = new(count);
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < count) heap.Append(_merges.Rank(symbols[i], symbols[i + 1]), i);
        }
        heap.Heapify();
        while (heap.TryPop(out int rank, out int left))
        {
            BpeMerge merge = _model.Merges[rank];
            int right = next[left];
            if (symbols[left] != merge.Left || right >= count || symbols[right] != merge.Right) continue;
            symbols[left] = merge.Result;
            symbols[right] = -1;
            int after = next[right];
            next[left] = after;
            if (after < count)
            {
                previous[after] = left;
                heap.Push(_merges.Rank(merge.Result, symbols[after]), left);
            }
            if (previous[left] >= 0) heap.Push(_merges.Rank(symbols[previous[left]], merge.Result), previous[left]);
        }
        int kept = 0;
        for (int i = 0; i < count; i = next[i]) symbols[kept++] = symbols[i];
        ArrayPool<int>.Shared.Return(rented);
        return kept;
    }
}
