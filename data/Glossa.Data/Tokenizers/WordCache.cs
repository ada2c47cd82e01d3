namespace Glossa.Data.Tokenizers;

/// <summary>
/// Remembers the ids of words: a fixed number of slots, each a reference to an immutable entry that a newer word simply
/// replaces. Readers and writers need no lock, and memory is bounded.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longer words are not kept.</summary>
    public const int LongestWord = 32;

    private const int SlotBits = 15;

    private readonly Entry?[] _slots = new Entry?[1 << SlotBits];

    /// <summary>The ids of a word, or null where it is not here.</summary>
    public int[]? Find(ReadOnlySpan<char> word, uint hash)
    {
        Entry? entry = Volatile.Read(ref _slots[hash >> (32 - SlotBits)]);
        return entry is not null && entry.Hash == hash && word.SequenceEqual(entry.Word) ? entry.Ids : null;
    }

    /// <summary>Keeps the ids of a word.</summary>
    public void Keep(ReadOnlySpan<char> word, uint hash, ReadOnlySpan<int> ids) =>
        Volatile.Write(ref _slots[hash >> (32 - SlotBits)], new Entry(hash, word.ToArray(), ids.ToArray()));

    private sealed record Entry(uint Hash, char[] Word, int[] Ids);
}
