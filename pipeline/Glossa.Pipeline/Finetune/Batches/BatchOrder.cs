namespace Glossa.Pipeline.Finetune.Batches;

/// <summary>
/// Which rows every step sees: each epoch shuffles them, and rows of similar length share a step and a micro-batch, so that little is padded. A function of
/// lengths, sizes and seed.
/// </summary>
internal static class BatchOrder
{
    private const int BucketSteps = 16;

    /// <summary>Plans all epochs.</summary>
    /// <param name="lengths">Length of each row.</param>
    /// <param name="epochs">Number of epochs.</param>
    /// <param name="batch">Rows of a step; the last one of an epoch may have fewer.</param>
    /// <param name="microBatch">Rows of a micro-batch.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <param name="least">Steps with fewer rows are left out, but for an epoch's only one.</param>
    /// <returns>For each step its epoch and, for each of its micro-batches, the numbers of the rows.</returns>
    public static List<(int Epoch, int[][] MicroBatches)> Plan(IReadOnlyList<int> lengths, int epochs, int batch, int microBatch, ulong seed, int least = 1)
    {
        List<(int Epoch, int[][] MicroBatches)> steps = [];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            SeededRandom random = new(seed, 0xE90C_0000UL + (ulong)epoch);
            int[] order = [.. Enumerable.Range(0, lengths.Count)];
            random.Shuffle(order.AsSpan());
            int[][] chunks = [.. order.Chunk(batch * BucketSteps).SelectMany(bucket => bucket.OrderByDescending(row => lengths[row]).Chunk(batch))];
            int[][] enough = [.. chunks.Where(chunk => chunk.Length >= least)];
            if (enough.Length == 0) enough = chunks;
            random.Shuffle(enough.AsSpan());
            steps.AddRange(enough.Select(chunk => (epoch, chunk.Chunk(microBatch).ToArray())));
        }
        return steps;
    }
}
