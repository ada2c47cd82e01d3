using System.Collections;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Glossa.Data.Corpora;

/// <summary>The order in which a budget takes the texts of a language.</summary>
public enum TextOrder
{
    /// <summary>A seeded order that depends on the texts alone.</summary>
    Drawn = 0,

    /// <summary>First those that cover what is common in all of them (<see cref="TextCoverage"/>).</summary>
    Coverage = 1,
}

/// <summary>
/// Which training texts of a language a budget of bytes holds: the first in an order, until the next would pass
/// the budget, and one at least. A smaller budget holds a part of what a larger one holds.
/// </summary>
public static class TextBudget
{
    private const ulong OrderSalt = 0x0DDB_A115_EED0_0DE5;
    private const int BinBits = 12;

    /// <summary>Copies a store with fewer training texts; valid and test stay as they are.</summary>
    /// <param name="store">The corpus.</param>
    /// <param name="path">The new store.</param>
    /// <param name="bytes">The most UTF-8 bytes of training text of a language; a language that is not named keeps all.</param>
    /// <param name="seed">Seed of the drawn order: that of the ingest, so that its own budgets nest with these.</param>
    /// <param name="order">The order.</param>
    /// <returns>The number of training texts that were left out.</returns>
    /// <exception cref="WorkException">The disk is full.</exception>
    public static long Write(TextStore store, string path, IReadOnlyDictionary<string, long> bytes, ulong seed, TextOrder order = TextOrder.Drawn)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(bytes);
        long left = 0;
        AtomicFile.Write(path, stream =>
        {
            TextStoreWriter writer = new(stream, store.HasLabels);
            foreach (string language in store.Languages)
            {
                BitArray? held = bytes.TryGetValue(language, out long budget) ? Held(store, language, budget, seed, order) : null;
                writer.StartLanguage(language);
                foreach (CorpusSplit split in CorpusSplits.All)
                {
                    writer.StartSplit(split);
                    Utf8TextEnumerator texts = store.Utf8(language, split);
                    for (int i = 0; texts.MoveNext(); i++)
                    {
                        if (split != CorpusSplit.Train || held is null || held[i]) writer.Add(texts.Current, texts.CurrentLabel);
                        else left++;
                    }
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
    /// <param name="seed">Seed of the drawn order.</param>
    /// <param name="order">The order.</param>
    public static IEnumerable<string> Texts(TextStore store, string language, long? bytes, ulong seed, TextOrder order = TextOrder.Drawn)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (bytes is not long budget || budget >= store.Bytes(language, CorpusSplit.Train)) return store.Texts(language, CorpusSplit.Train);
        BitArray held = Held(store, language, budget, seed, order);
        return store.Texts(language, CorpusSplit.Train).Where((_, i) => held[i]);
    }

    /// <summary>Where the order of texts passes a budget. Texts are counted in bins of the order first and only those of the bin in question compared, so none is listed.</summary>
    /// <param name="texts">The texts with their hashes, numbers and bytes; read twice.</param>
    /// <param name="budget">The most bytes.</param>
    /// <param name="seed">Seed of the order.</param>
    internal static Cut CutOf(IEnumerable<(UInt128 Hash, int Index, int Bytes)> texts, long budget, ulong seed)
    {
        long[] bytes = new long[1 << BinBits];
        foreach ((UInt128 hash, _, int length) in texts) bytes[Order(hash, seed) >> (64 - BinBits)] += length;
        long held = 0;
        uint bin = 0;
        while (bin < bytes.Length && held + bytes[bin] <= budget) held += bytes[bin++];
        foreach ((ulong order, int index, int length) in texts.Select(text => (Order: Order(text.Hash, seed), text.Index, text.Bytes)).Where(text => text.Order >> (64 - BinBits) == bin).Order())
        {
            if (held > 0 && held + length > budget) return new Cut(order, index, seed);
            held += length;
        }
        // The bin's only text is the first of all, and held although it passes the budget.
        return bin + 1 < bytes.Length ? new Cut((ulong)(bin + 1) << (64 - BinBits), 0, seed) : new Cut(ulong.MaxValue, int.MaxValue, seed);
    }

    private static IEnumerable<(UInt128 Hash, int Index, int Bytes)> Hashes(TextStore store, string language)
    {
        Utf8TextEnumerator texts = store.Utf8(language, CorpusSplit.Train);
        for (int i = 0; texts.MoveNext(); i++) yield return (XxHash128.HashToUInt128(texts.Current), i, texts.Current.Length);
    }

    private static BitArray Held(TextStore store, string language, long budget, ulong seed, TextOrder order)
    {
        BitArray held = new(store.Count(language, CorpusSplit.Train));
        if (order == TextOrder.Coverage)
        {
            foreach (int text in TextCoverage.First([.. store.Texts(language, CorpusSplit.Train)], budget)) held[text] = true;
            return held;
        }
        Cut cut = CutOf(Hashes(store, language), budget, seed);
        foreach ((UInt128 hash, int index, _) in Hashes(store, language)) held[index] = cut.Holds(hash, index);
        return held;
    }

    private static ulong Order(UInt128 hash, ulong seed) =>
        XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in hash)), unchecked((long)(seed ^ OrderSalt)));

    /// <summary>A place in the order: the first text that a budget does not hold.</summary>
    internal readonly record struct Cut(ulong Place, int Index, ulong Seed)
    {
        /// <summary>Whether a text comes before it.</summary>
        public bool Holds(UInt128 hash, int index)
        {
            ulong place = Order(hash, Seed);
            return place < Place || (place == Place && index < Index);
        }
    }
}
