using System.Collections;

namespace Glossa.Data.Corpora;

/// <summary>
/// Writes spilled texts to the store, language by language, leaving out duplicates and what a budget does not hold. Equal texts have equal hashes, so the hashes of a large
/// language are parted by their value and compared part by part: memory holds one part's, and one bit a text.
/// </summary>
/// <param name="spill">The texts; the bucket of a language's split is its number times three plus the split's.</param>
/// <param name="hashPath">Name of a temporary file for hashes.</param>
/// <param name="labelNumbers">The stored number of each spilled label.</param>
/// <param name="seed">Seed of the order in which a budget takes texts.</param>
/// <param name="nearThreshold">Overlap from which training texts are near duplicates; null for none.</param>
/// <param name="partTexts">About how many hashes are compared at once.</param>
internal sealed class CorpusGather(TextSpill spill, string hashPath, int[] labelNumbers, ulong seed, double? nearThreshold, int partTexts = 1 << 16)
{
    private const int HashMemory = 4 << 20;

    private readonly long[] _kept = new long[CorpusSplits.Count];

    /// <summary>Texts that stood in the same language and split before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Training texts that are nearly an earlier one of their language.</summary>
    public long NearDuplicates { get; private set; }

    /// <summary>Training texts that stand in valid or test as well.</summary>
    public long TrainTextsHeldOut { get; private set; }

    /// <summary>Valid texts that stand in test as well.</summary>
    public long ValidTextsInTest { get; private set; }

    /// <summary>Training texts beyond the budget.</summary>
    public long BeyondBudget { get; private set; }

    /// <summary>Texts written so far.</summary>
    public long Kept(CorpusSplit split) => _kept[(int)split];

    /// <summary>Writes one language.</summary>
    public void Write(TextStoreWriter writer, int language, string tag, long trainBudget)
    {
        int bucket = language * CorpusSplits.Count;
        BitArray[] keep = Distinct(bucket);
        BitArray keepTrain = keep[(int)CorpusSplit.Train];
        if (nearThreshold is double threshold) DropNear(threshold, bucket + (int)CorpusSplit.Train, keepTrain);
        if (trainBudget < long.MaxValue) KeepWithin(trainBudget, bucket + (int)CorpusSplit.Train, keepTrain);

        writer.StartLanguage(tag);
        foreach (CorpusSplit split in CorpusSplits.All) Copy(writer, bucket, split, keep[(int)split]);
    }

    private BitArray[] Distinct(int firstBucket)
    {
        BitArray[] keep = [.. CorpusSplits.All.Select(split => new BitArray(spill.Count(firstBucket + (int)split)))];
        int parts = 1 + (int)(keep.Sum(texts => (long)texts.Count) / partTexts);
        using TextSpill hashes = new(hashPath, HashMemory);
        foreach (CorpusSplit split in CorpusSplits.All)
        {
            using TextSpill.Cursor cursor = spill.Read(firstBucket + (int)split);
            for (int i = 0; cursor.Next(); i++) hashes.Add(((int)((ulong)(cursor.Hash >> 64) % (uint)parts) * CorpusSplits.Count) + (int)split, cursor.Hash, i, []);
        }
        for (int part = 0; part < parts; part++) DistinctOfPart(hashes, part * CorpusSplits.Count, keep);
        return keep;
    }

    private void DistinctOfPart(TextSpill hashes, int firstBucket, BitArray[] keep)
    {
        // Held-out text is decided first: what stands in test leaves valid, what stands in either leaves train.
        HashSet128 test = Choose(CorpusSplit.Test, _ => false);
        HashSet128 valid = Choose(CorpusSplit.Valid, hash =>
        {
            if (!test.Contains(hash)) return false;
            ValidTextsInTest++;
            return true;
        });
        Choose(CorpusSplit.Train, hash =>
        {
            if (!test.Contains(hash) && !valid.Contains(hash)) return false;
            TrainTextsHeldOut++;
            return true;
        });

        HashSet128 Choose(CorpusSplit split, Func<UInt128, bool> standsElsewhere)
        {
            HashSet128 seen = new(hashes.Count(firstBucket + (int)split));
            // What stands for a label is the text's number.
            using TextSpill.Cursor cursor = hashes.Read(firstBucket + (int)split);
            while (cursor.Next())
            {
                if (standsElsewhere(cursor.Hash)) continue;
                if (seen.Add(cursor.Hash)) keep[(int)split][cursor.Label] = true;
                else Duplicates++;
            }
            return seen;
        }
    }

    private void DropNear(double threshold, int bucket, BitArray keep)
    {
        NearDuplicates near = new(threshold);
        using TextSpill.Cursor cursor = spill.Read(bucket);
        for (int i = 0; cursor.Next(); i++)
        {
            if (!keep[i] || !near.IsNear(cursor.Text)) continue;
            keep[i] = false;
            NearDuplicates++;
        }
    }

    private void KeepWithin(long budget, int bucket, BitArray keep)
    {
        TextBudget.Cut cut = TextBudget.CutOf(Kept(bucket, keep), budget, seed);
        foreach ((UInt128 hash, int index, _) in Kept(bucket, keep))
        {
            if (cut.Holds(hash, index)) continue;
            keep[index] = false;
            BeyondBudget++;
        }
    }

    private IEnumerable<(UInt128 Hash, int Index, int Bytes)> Kept(int bucket, BitArray keep)
    {
        using TextSpill.Cursor cursor = spill.Read(bucket);
        for (int i = 0; cursor.Next(); i++)
            if (keep[i]) yield return (cursor.Hash, i, cursor.TextLength);
    }

    private void Copy(TextStoreWriter writer, int firstBucket, CorpusSplit split, BitArray keep)
    {
        writer.StartSplit(split);
        using TextSpill.Cursor cursor = spill.Read(firstBucket + (int)split);
        for (int i = 0; cursor.Next(); i++)
        {
            if (!keep[i]) continue;
            writer.Add(cursor.Text, cursor.Label < 0 ? -1 : labelNumbers[cursor.Label]);
            _kept[(int)split]++;
        }
    }
}
