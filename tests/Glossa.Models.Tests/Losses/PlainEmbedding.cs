using Glossa.Models.Losses;
using Glossa.Models.Tests.Evaluation;

namespace Glossa.Models.Tests.Losses;

/// <summary>The contrastive loss in plain loops.</summary>
internal static class PlainEmbedding
{
    internal static double Loss(DoubleTensor output, DoubleTensor? mask, EmbeddingOptions options)
    {
        double[][] rows = [.. Enumerable.Range(0, output.Shape[0]).Select(row => Embed(output, mask, row, options.Normalize))];
        int pairs = rows.Length / 2;
        double[] Anchor(int i) => rows[options.Interleaved ? 2 * i : i];
        double[] Positive(int i) => rows[options.Interleaved ? (2 * i) + 1 : pairs + i];
        return Enumerable.Range(0, pairs).Average(i =>
        {
            double[] scores = [.. Enumerable.Range(0, pairs).Select(j => options.Scale * Anchor(i).Zip(Positive(j), (a, b) => a * b).Sum())];
            return Math.Log(scores.Sum(score => Math.Exp(score - scores[i])));
        });
    }

    private static double[] Embed(DoubleTensor output, DoubleTensor? mask, int row, bool normalize)
    {
        int width = output.Shape[^1], positions = output.Rank == 3 ? output.Shape[1] : 1;
        double[] sum = new double[width];
        double count = 0;
        for (int position = 0; position < positions; position++)
        {
            double kept = mask?.Data[(row * positions) + position] ?? 1;
            count += kept;
            for (int i = 0; i < width; i++) sum[i] += kept * output.Data[(((row * positions) + position) * width) + i];
        }
        double[] mean = Array.ConvertAll(sum, v => v / count);
        double norm = normalize ? Math.Sqrt(mean.Sum(v => v * v)) : 1;
        return Array.ConvertAll(mean, v => v / norm);
    }
}
