using System.Buffers;

namespace Glossa.Data.Tokenizers;

/// <summary>A pooled binary heap of (rank, position): lowest rank first and, of equals, the lowest position.</summary>
internal ref struct RankHeap(int capacity)
{
    private ulong[] _entries = ArrayPool<ulong>.Shared.Rent(Math.Max(16, capacity));
    private int _count;

    /// <summary>Adds without ordering; <see cref="Heapify"/> follows. A pair that no merge joins is left out.</summary>
    public void Append(int rank, int position)
    {
        if (rank == MergeTable.NoMerge) return;
        MakeRoom();
        _entries[_count++] = Entry(rank, position);
    }

    /// <summary>Orders what was appended.</summary>
    public readonly void Heapify()
    {
        for (int at = (_count >> 1) - 1; at >= 0; at--) Sink(at, _entries[at]);
    }

    /// <summary>Adds an entry in order. A pair that no merge joins is left out.</summary>
    public void Push(int rank, int position)
    {
        if (rank == MergeTable.NoMerge) return;
        MakeRoom();
        ulong entry = Entry(rank, position);
        int at = _count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (_entries[parent] <= entry) break;
            _entries[at] = _entries[parent];
            at = parent;
        }
        _entries[at] = entry;
    }

    /// <summary>Takes the first entry; false where there is none.</summary>
    public bool TryPop(out int rank, out int position)
    {
        (rank, position) = (0, 0);
        if (_count == 0) return false;
        ulong first = _entries[0];
        _count--;
        if (_count > 0) Sink(0, _entries[_count]);
        (rank, position) = ((int)(first >> 32), (int)first);
        return true;
    }

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose() => ArrayPool<ulong>.Shared.Return(_entries);

    private readonly void Sink(int at, ulong entry)
    {
        for (int child = (2 * at) + 1; child < _count; child = (2 * at) + 1)
        {
            if (child + 1 < _count && _entries[child + 1] < _entries[child]) child++;
            if (_entries[child] >= entry) break;
            _entries[at] = _entries[child];
            at = child;
        }
        _entries[at] = entry;
    }

    private void MakeRoom()
    {
        if (_count < _entries.Length) return;
        ulong[] larger = ArrayPool<ulong>.Shared.Rent(_count * 2);
        _entries.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<ulong>.Shared.Return(_entries);
        _entries = larger;
    }

    private static ulong Entry(int rank, int position) => ((ulong)(uint)rank << 32) | (uint)position;
}
