using System.Collections;

namespace Glossa.Data.Corpora;

/// <summary>Writes spilled texts to the store, language by language, leaving out duplicates and what a budget does not hold.</summary>
/// <param name="spill">The texts; the bucket of a language's split is its number times three plus the split's.</param>
/// <param name="labelNumbers">The stored number of each spilled label.</param>
/// <param name="seed">Seed of the order in which a budget takes texts.</param>
/// <param name="nearThreshold">Overlap from which training texts are near duplicates; null for none.</param>
internal sealed class CorpusGather(TextSpill spill, int[] labelNumbers, ulong seed, double? nearThreshold)
{
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
        // Held-out text is decided first: what stands in test leaves valid, what stands in either leaves train.
        HashSet128 test = NewSet(bucket + (int)CorpusSplit.Test);
        HashSet128 valid = NewSet(bucket + (int)CorpusSplit.Valid);
        HashSet128 train = NewSet(bucket + (int)CorpusSplit.Train);
        BitArray keepTest = Choose(bucket + (int)CorpusSplit.Test, test, _ => false);
        BitArray keepValid = Choose(bucket + (int)CorpusSplit.Valid, valid, hash =>
        {
            if (!test.Contains(hash)) return false;
            ValidTextsInTest++;
            return true;
        });
        BitArray keepTrain = Choose(bucket + (int)CorpusSplit.Train, train, hash =>
        {
            if (!test.Contains(hash) && !valid.Contains(hash)) return false;
            TrainTextsHeldOut++;
            return true;
        });
        if (nearThreshold is double threshold) DropNear(threshold, bucket + (int)CorpusSplit.Train, keepTrain);
        if (trainBudget < long.MaxValue) KeepWithin(trainBudget, bucket + (int)CorpusSplit.Train, keepTrain);

        writer.StartLanguage(tag);
        Copy(writer, bucket, CorpusSplit.Train, keepTrain);
        Copy(writer, bucket, CorpusSplit.Valid, keepValid);
        Copy(writer, bucket, CorpusSplit.Test, keepTest);
    }

    private HashSet128 NewSet(int bucket) => new(spill.Count(bucket));

    private BitArray Choose(int bucket, HashSet128 seen, Func<UInt128, bool> standsElsewhere)
    {
        BitArray keep = new(spill.Count(bucket));
        using TextSpill.Cursor cursor = spill.Read(bucket);
        for (int i = 0; cursor.Next(); i++)
        {
            if (standsElsewhere(cursor.Hash)) continue;
            if (seen.Add(cursor.Hash)) keep[i] = true;
            else Duplicates++;
        }
        return keep;
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
        List<(UInt128 Hash, int Index, int Bytes)> texts = [];
        using (TextSpill.Cursor cursor = spill.Read(bucket))
        {
            for (int i = 0; cursor.Next(); i++)
                if (keep[i]) texts.Add((cursor.Hash, i, cursor.TextLength));
        }
        foreach (int index in TextBudget.Beyond(texts, budget, seed))
        {
            keep[index] = false;
            BeyondBudget++;
        }
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
