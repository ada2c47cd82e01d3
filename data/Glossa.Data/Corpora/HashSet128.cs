using System.Numerics;

namespace Glossa.Data.Corpora;

/// <summary>
/// A set of 128-bit hashes in one array, 16 bytes a slot with at least a quarter free. Two of n random hashes are equal
/// with a chance of n^2 / 2^129: never, for any corpus.
/// </summary>
internal sealed class HashSet128
{
    private UInt128[] _slots;
    private bool _hasZero;
    private int _count;

    /// <summary>An empty set with room for so many hashes.</summary>
    public HashSet128(int expected) => _slots = new UInt128[Capacity(expected)];

    /// <summary>Adds a hash; false where it is there already.</summary>
    public bool Add(UInt128 hash)
    {
        if (hash == UInt128.Zero)
        {
            bool isNew = !_hasZero;
            _hasZero = true;
            return isNew;
        }
        if ((_count + 1) * 4L > _slots.Length * 3L) Grow();
        ref UInt128 slot = ref Find(_slots, hash);
        if (slot == hash) return false;
        slot = hash;
        _count++;
        return true;
    }

    /// <summary>Whether a hash was added.</summary>
    public bool Contains(UInt128 hash) => hash == UInt128.Zero ? _hasZero : Find(_slots, hash) == hash;

    private static ref UInt128 Find(UInt128[] slots, UInt128 hash)
    {
        int mask = slots.Length - 1;
        int i = (int)(ulong)hash & mask;
        while (slots[i] != UInt128.Zero && slots[i] != hash) i = (i + 1) & mask;
        return ref slots[i];
    }

    private static int Capacity(int expected) =>
        checked((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(8, ((long)expected * 4 / 3) + 1)));

    private void Grow()
    {
        UInt128[] larger = new UInt128[checked(_slots.Length * 2)];
        foreach (UInt128 hash in _slots)
            if (hash != UInt128.Zero) Find(larger, hash) = hash;
        _slots = larger;
    }
}
