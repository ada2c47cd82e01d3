using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Glossa.Data.Tokenizers;

/// <summary>Counts of words, keyed by their characters without a string per word (open addressing, one character arena).</summary>
internal sealed class WordTable
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private Entry[] _entries = new Entry[64];
    private int[] _slots = new int[128];
    private char[] _arena = new char[512];
    private int _arenaUsed;

    /// <summary>Number of distinct words.</summary>
    public int Count { get; private set; }

    /// <summary>Adds to a word's count.</summary>
    public void Add(ReadOnlySpan<char> word, long count) => Add(word, Hash(word), count);

    /// <summary>Adds another table's counts, each times <paramref name="factor"/>.</summary>
    public void Add(WordTable other, long factor)
    {
        for (int i = 0; i < other.Count; i++)
        {
            ref Entry entry = ref other._entries[i];
            Add(other.Word(i), entry.Hash, checked(entry.Count * factor));
        }
    }

    /// <summary>A table of the commonest words alone; of equally common ones, those of lower hashes.</summary>
    /// <param name="most">How many they may be.</param>
    public WordTable Commonest(int most)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        Array.Sort(order, (a, b) =>
        {
            int byCount = _entries[b].Count.CompareTo(_entries[a].Count);
            if (byCount != 0) return byCount;
            int byHash = _entries[a].Hash.CompareTo(_entries[b].Hash);
            return byHash != 0 ? byHash : Word(a).SequenceCompareTo(Word(b));
        });
        WordTable kept = new();
        foreach (int index in order.AsSpan(0, Math.Min(most, Count))) kept.Add(Word(index), _entries[index].Hash, _entries[index].Count);
        return kept;
    }

    /// <summary>The characters of word number <paramref name="index"/>.</summary>
    public ReadOnlySpan<char> Word(int index) => _arena.AsSpan(_entries[index].Start, _entries[index].Length);

    /// <summary>The count of word number <paramref name="index"/>.</summary>
    public long CountOf(int index) => _entries[index].Count;

    /// <summary>A hash of characters that is the same in every process.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash(ReadOnlySpan<char> word)
    {
        ulong hash = (ulong)word.Length * Multiplier;
        ref char start = ref MemoryMarshal.GetReference(word);
        int i = 0;
        for (; i + 4 <= word.Length; i += 4)
        {
            hash = (hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<char, byte>(ref Unsafe.Add(ref start, i)))) * Multiplier;
            hash ^= hash >> 32;
        }
        ulong rest = 0;
        for (; i < word.Length; i++) rest = (rest << 16) | Unsafe.Add(ref start, i);
        hash = (hash ^ rest) * Multiplier;
        return (uint)(hash >> 32);
    }

    private void Add(ReadOnlySpan<char> word, uint hash, long count)
    {
        int mask = _slots.Length - 1;
        int slot = (int)hash & mask;
        for (int at = _slots[slot]; at != 0; at = _slots[slot])
        {
            ref Entry entry = ref _entries[at - 1];
            if (entry.Hash == hash && word.SequenceEqual(_arena.AsSpan(entry.Start, entry.Length)))
            {
                entry.Count = checked(entry.Count + count);
                return;
            }
            slot = (slot + 1) & mask;
        }
        _slots[slot] = Append(word, hash, count) + 1;
        if (Count * 2 > _slots.Length) Rehash();
    }

    private int Append(ReadOnlySpan<char> word, uint hash, long count)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        long needed = (long)_arenaUsed + word.Length;
        if (needed > _arena.Length)
        {
            if (needed > Array.MaxLength)
                throw new InputException("the text has more than two thousand million characters of distinct words", fix: "train the tokenizer on a sample");
            Array.Resize(ref _arena, (int)Math.Min(Array.MaxLength, Math.Max(needed, _arena.Length * 2L)));
        }
        word.CopyTo(_arena.AsSpan(_arenaUsed));
        _entries[Count] = new Entry { Hash = hash, Start = _arenaUsed, Length = word.Length, Count = count };
        _arenaUsed += word.Length;
        return Count++;
    }

    private void Rehash()
    {
        int[] slots = new int[_slots.Length * 2];
        int mask = slots.Length - 1;
        for (int i = 0; i < Count; i++)
        {
            int slot = (int)_entries[i].Hash & mask;
            while (slots[slot] != 0) slot = (slot + 1) & mask;
            slots[slot] = i + 1;
        }
        _slots = slots;
    }

    private struct Entry
    {
        public long Count;
        public uint Hash;
        public int Start;
        public int Length;
    }
}
