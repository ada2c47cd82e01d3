using System.Buffers;
using System.Collections.Immutable;

namespace Glossa.Data.Tokenizers;

/// <summary>Applies merges to the symbols of a word: the rule of lowest rank first and, of equals, the leftmost.</summary>
internal sealed class PairJoiner
{
    /// <summary>Below this many symbols a scan over all pairs is faster than a heap.</summary>
    public const int ShortWord = 48;

    private readonly ImmutableArray<BpeMerge> _merges;
    private readonly MergeTable _ranks;

    /// <summary>Prepares merges for look-up.</summary>
    public PairJoiner(ImmutableArray<BpeMerge> merges)
    {
        _merges = merges;
        _ranks = new MergeTable(merges);
    }

    /// <summary>Joins symbols in place.</summary>
    /// <param name="symbols">Ids; -1 joins with nothing.</param>
    /// <param name="ends">Where each symbol ends, moved along; empty where nobody asks.</param>
    /// <param name="shortWord">A word of more symbols is joined with a heap, to the same result.</param>
    /// <returns>The number of symbols left.</returns>
    public int Join(Span<int> symbols, Span<int> ends, int shortWord = ShortWord) =>
        symbols.Length < 2 ? symbols.Length : symbols.Length <= shortWord ? ByScan(symbols, ends) : ByHeap(symbols, ends);

    private int ByScan(Span<int> symbols, Span<int> ends)
    {
        int count = symbols.Length;
        Span<int> ranks = stackalloc int[ShortWord];
        for (int i = 0; i + 1 < count; i++) ranks[i] = _ranks.Rank(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
                if (ranks[i] < ranks[best]) best = i;
            if (ranks[best] == MergeTable.NoMerge) break;
            symbols[best] = _merges[ranks[best]].Result;
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            if (!ends.IsEmpty) ends[(best + 1)..count].CopyTo(ends[best..]);
            count--;
            if (best + 1 < count)
            {
                ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
                ranks[best] = _ranks.Rank(symbols[best], symbols[best + 1]);
            }
            if (best > 0) ranks[best - 1] = _ranks.Rank(symbols[best - 1], symbols[best]);
        }
        return count;
    }

    /// <summary>Joins in O(n log n): linked symbols and a heap of (rank, position), entries that no longer hold being passed over.</summary>
    private int ByHeap(Span<int> symbols, Span<int> ends)
    {
        int count = symbols.Length;
        int[] rented = ArrayPool<int>.Shared.Rent(count * 2);
        Span<int> next = rented.AsSpan(0, count), previous = rented.AsSpan(count, count);
        using RankHeap heap = new(count);
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < count) heap.Append(_ranks.Rank(symbols[i], symbols[i + 1]), i);
        }
        heap.Heapify();
        while (heap.TryPop(out int rank, out int left))
        {
            BpeMerge merge = _merges[rank];
            int right = next[left];
            if (symbols[left] != merge.Left || right >= count || symbols[right] != merge.Right) continue;
            symbols[left] = merge.Result;
            symbols[right] = -1;
            if (!ends.IsEmpty) ends[left] = ends[right];
            int after = next[right];
            next[left] = after;
            if (after < count)
            {
                previous[after] = left;
                heap.Push(_ranks.Rank(merge.Result, symbols[after]), left);
            }
            if (previous[left] >= 0) heap.Push(_ranks.Rank(symbols[previous[left]], merge.Result), previous[left]);
        }
        int kept = 0;
        for (int i = 0; i < count; i = next[i], kept++)
        {
            symbols[kept] = symbols[i];
            if (!ends.IsEmpty) ends[kept] = ends[i];
        }
        ArrayPool<int>.Shared.Return(rented);
        return kept;
    }
}
