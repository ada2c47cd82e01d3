using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Glossa.Data.Tokenizers;

/// <summary>Finds the rank of a pair of ids: open addressing over one array, at most half full.</summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that no merge joins.</summary>
    public const int NoMerge = int.MaxValue;

    private readonly Entry[] _entries;
    private readonly int _shift;

    /// <summary>Builds the table; of two rules for the same pair the first counts.</summary>
    public MergeTable(ImmutableArray<BpeMerge> merges)
    {
        int bits = 4;
        while (1 << bits < merges.Length * 2) bits++;
        _shift = 64 - bits;
        _entries = new Entry[1 << bits];
        Array.Fill(_entries, new Entry(ulong.MaxValue, NoMerge));
        for (int rank = 0; rank < merges.Length; rank++)
        {
            ulong key = Key(merges[rank].Left, merges[rank].Right);
            int slot = Slot(key);
            while (_entries[slot].Key != ulong.MaxValue && _entries[slot].Key != key) slot = (slot + 1) & (_entries.Length - 1);
            if (_entries[slot].Key != key) _entries[slot] = new Entry(key, rank);
        }
    }

    /// <summary>The rank of the merge of two neighbouring ids, or <see cref="NoMerge"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rank(int left, int right)
    {
        ulong key = Key(left, right);
        Entry[] entries = _entries;
        for (int slot = Slot(key); ; slot = (slot + 1) & (entries.Length - 1))
        {
            Entry entry = entries[slot];
            // An empty slot's rank is NoMerge, so both ways out return the entry's rank.
            if (entry.Key == key || entry.Key == ulong.MaxValue) return entry.Rank;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private readonly record struct Entry(ulong Key, int Rank);
}
