using Glossa.Training.Engines;

namespace Glossa.Benchmarks;

/// <summary>Micro-batches of random ids and labels.</summary>
internal static class RandomBatches
{
    /// <param name="count">Number of micro-batches.</param>
    /// <param name="batch">Sequences in each.</param>
    /// <param name="sequence">Their padded length.</param>
    /// <param name="vocabulary">Ids are drawn below it.</param>
    /// <param name="classes">Labels are drawn below it.</param>
    /// <param name="padded">Whether sequences end early, by up to a half, under an attention mask; padding has no label.</param>
    public static MicroBatch[] Make(int count, int batch, int sequence, int vocabulary, int classes, bool padded)
    {
        SeededRandom random = new(7);
        return [.. Enumerable.Range(0, count).Select(_ => One())];

        MicroBatch One()
        {
            long[] ids = new long[batch * sequence], labels = new long[batch * sequence], mask = new long[batch * sequence];
            for (int row = 0; row < batch; row++)
            {
                int length = padded ? sequence - (row * sequence / (2 * batch)) : sequence;
                for (int i = 0; i < sequence; i++)
                {
                    int at = (row * sequence) + i;
                    ids[at] = i < length ? random.NextInt32(vocabulary) : 0;
                    mask[at] = i < length ? 1 : 0;
                    labels[at] = i >= length ? Models.Steps.StepModel.IgnoredLabel : classes == vocabulary ? ids[at] : random.NextInt32(classes);
                }
            }
            return new MicroBatch(batch, sequence, ids, labels, padded ? mask : null);
        }
    }
}
