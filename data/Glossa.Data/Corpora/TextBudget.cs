using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Glossa.Data.Corpora;

/// <summary>
/// Which training texts of a language a budget of bytes holds: the first in a seeded order that depends on the texts alone, until the next would pass
/// the budget, and one at least. A smaller budget holds a part of what a larger one holds.
/// </summary>
public static class TextBudget
{
    private const ulong OrderSalt = 0x0DDB_A115_EED0_0DE5;

    /// <summary>Copies a store with fewer training texts; valid and test stay as they are.</summary>
    /// <param name="store">The corpus.</param>
    /// <param name="path">The new store.</param>
    /// <param name="bytes">The most UTF-8 bytes of training text of a language; a language that is not named keeps all.</param>
    /// <param name="seed">Seed of the order: that of the ingest, so that its own budgets nest with these.</param>
    /// <returns>The number of training texts that were left out.</returns>
    /// <exception cref="WorkException">The disk is full.</exception>
    public static long Write(TextStore store, string path, IReadOnlyDictionary<string, long> bytes, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(bytes);
        long left = 0;
        AtomicFile.Write(path, stream =>
        {
            TextStoreWriter writer = new(stream, store.HasLabels);
            foreach (string language in store.Languages)
            {
                HashSet<int> beyond = bytes.TryGetValue(language, out long budget) ? Beyond(store, language, budget, seed) : [];
                left += beyond.Count;
                writer.StartLanguage(language);
                foreach (CorpusSplit split in CorpusSplits.All)
                {
                    writer.StartSplit(split);
                    Utf8TextEnumerator texts = store.Utf8(language, split);
                    for (int i = 0; texts.MoveNext(); i++)
                        if (split != CorpusSplit.Train || !beyond.Contains(i)) writer.Add(texts.Current, texts.CurrentLabel);
                }
            }
            writer.Finish(store.Labels);
        });
        return left;
    }

    /// <summary>The training texts of a language that a budget holds, in the store's order.</summary>
    /// <param name="store">The corpus.</param>
    /// <param name="language">The language.</param>
    /// <param name="bytes">The most UTF-8 bytes; null for all.</param>
    /// <param name="seed">Seed of the order.</param>
    public static IEnumerable<string> Texts(TextStore store, string language, long? bytes, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(store);
        IEnumerable<string> texts = store.Texts(language, CorpusSplit.Train);
        if (bytes is not long budget || budget >= store.Bytes(language, CorpusSplit.Train)) return texts;
        HashSet<int> beyond = Beyond(store, language, budget, seed);
        return texts.Where((_, i) => !beyond.Contains(i));
    }

    /// <summary>The indices of the texts that a budget does not hold.</summary>
    internal static IEnumerable<int> Beyond(List<(UInt128 Hash, int Index, int Bytes)> texts, long budget, ulong seed)
    {
        (ulong Order, int Index, int Bytes)[] ordered = [.. texts.Select(text => (Order(text.Hash, seed), text.Index, text.Bytes)).Order()];
        long bytes = 0;
        int kept = 0;
        while (kept < ordered.Length && ((bytes += ordered[kept].Bytes) <= budget || kept == 0)) kept++;
        return ordered[kept..].Select(text => text.Index);
    }

    private static HashSet<int> Beyond(TextStore store, string language, long budget, ulong seed)
    {
        List<(UInt128 Hash, int Index, int Bytes)> texts = [];
        foreach (ReadOnlySpan<byte> text in store.Utf8(language, CorpusSplit.Train)) texts.Add((XxHash128.HashToUInt128(text), texts.Count, text.Length));
        return [.. Beyond(texts, budget, seed)];
    }

    private static ulong Order(UInt128 hash, ulong seed) =>
        XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in hash)), unchecked((long)(seed ^ OrderSalt)));
}
