using System.Runtime.CompilerServices;

namespace Glossa.Data.Tokenizers;

/// <summary>Numbers pairs from 0 in the order in which they are first asked for: open addressing, at most half full.</summary>
internal sealed class PairNumbers
{
    private const int FirstBits = 12;

    private ulong[] _keys = NewKeys(FirstBits);
    private int[] _numbers = new int[1 << FirstBits];
    private int _shift = 64 - FirstBits;

    /// <summary>How many pairs have a number.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a pair, a new one where it has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Of(ulong key)
    {
        ulong[] keys = _keys;
        int slot = Slot(key, _shift);
        while (keys[slot] != key)
        {
            if (keys[slot] == ulong.MaxValue) return Add(key, slot);
            slot = (slot + 1) & (keys.Length - 1);
        }
        return _numbers[slot];
    }

    private int Add(ulong key, int slot)
    {
        (_keys[slot], _numbers[slot]) = (key, Count++);
        if (Count * 2 > _keys.Length) Grow();
        return Count - 1;
    }

    private void Grow()
    {
        (ulong[] keys, int[] numbers) = (_keys, _numbers);
        _shift--;
        _keys = NewKeys(64 - _shift);
        _numbers = new int[_keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] == ulong.MaxValue) continue;
            int slot = Slot(keys[i], _shift);
            while (_keys[slot] != ulong.MaxValue) slot = (slot + 1) & (_keys.Length - 1);
            (_keys[slot], _numbers[slot]) = (keys[i], numbers[i]);
        }
    }

    private static ulong[] NewKeys(int bits)
    {
        ulong[] keys = new ulong[1 << bits];
        Array.Fill(keys, ulong.MaxValue);
        return keys;
    }

    private static int Slot(ulong key, int shift) => (int)((key * 0x9E3779B97F4A7C15) >> shift);
}
