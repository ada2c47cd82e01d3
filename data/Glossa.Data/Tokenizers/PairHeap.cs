namespace Glossa.Data.Tokenizers;

/// <summary>A binary heap whose first entry is the pair with the highest count and, among equals, the lowest ids.</summary>
internal sealed class PairHeap
{
    private Entry[] _entries = new Entry[1024];

    /// <summary>Number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a pair with a count.</summary>
    public void Push(long count, ulong key)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        Entry entry = new(count, key);
        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (!entry.IsBefore(_entries[parent])) break;
            _entries[at] = _entries[parent];
            at = parent;
        }
        _entries[at] = entry;
    }

    /// <summary>Takes the first entry.</summary>
    public Entry Pop()
    {
        Entry first = _entries[0];
        Entry last = _entries[--Count];
        int at = 0;
        for (int child = 1; child < Count; child = (2 * at) + 1)
        {
            if (child + 1 < Count && _entries[child + 1].IsBefore(_entries[child])) child++;
            if (!_entries[child].IsBefore(last)) break;
            _entries[at] = _entries[child];
            at = child;
        }
        _entries[at] = last;
        return first;
    }

    /// <summary>A pair (left id in the upper, right id in the lower 32 bits) and the count it had when it was added.</summary>
    public readonly record struct Entry(long Count, ulong Key)
    {
        /// <summary>True where this entry comes out before <paramref name="other"/>.</summary>
        public bool IsBefore(in Entry other) => Count != other.Count ? Count > other.Count : Key < other.Key;
    }
}
