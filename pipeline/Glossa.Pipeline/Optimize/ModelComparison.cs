using Glossa.Models.Onnx;
using Glossa.Training.Verification;

namespace Glossa.Pipeline.Optimize;

/// <summary>Holds a model's outputs against those of the original, on drawn inputs of several sizes.</summary>
internal sealed class ModelComparison
{
    // A batch with padding and a single short row; behind a cache, one token for a batch and several for one row and for a batch.
    private static readonly SyntheticInputs[] Fresh = [new(2, 7), new(1, 3)];
    private static readonly SyntheticInputs[] Cached = [new(2, 1, 4), new(1, 5, 3), new(2, 5, 3)];

    private readonly List<(IReadOnlyList<FeedTensor> Feeds, IReadOnlyDictionary<string, float[]> Outputs)> _expected = [];

    /// <param name="path">The original.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="chunks">Whether a batch may take several new tokens behind a cache.</param>
    public ModelComparison(string path, GraphProto graph, bool chunks)
        : this(path, Drawn(graph, chunks))
    {
    }

    /// <param name="path">The original.</param>
    /// <param name="feeds">What it is fed with.</param>
    public ModelComparison(string path, IEnumerable<IReadOnlyList<FeedTensor>> feeds)
    {
        using RunnableModel original = RunnableModel.Open(path);
        foreach (IReadOnlyList<FeedTensor> feed in feeds) _expected.Add((feed, original.Run(feed)));
    }

    /// <summary>What the original was fed with.</summary>
    public IEnumerable<IReadOnlyList<FeedTensor>> Feeds => _expected.Select(run => run.Feeds);

    /// <summary>The output that is furthest from the original's, and the norm of its difference over its norm.</summary>
    public (double Difference, string Output) Worst(RunnableModel model)
    {
        (double Difference, string Output) worst = (0, "");
        Dictionary<string, (double Error, double Size)> sums = [];
        foreach ((IReadOnlyList<FeedTensor> feeds, IReadOnlyDictionary<string, float[]> expected) in _expected)
        {
            IReadOnlyDictionary<string, float[]> outputs = model.Run(Retyped(feeds));
            foreach ((string name, float[] values) in expected)
            {
                (double error, double size) = Squares(values, outputs.GetValueOrDefault(name));
                (double before, double sizeBefore) = sums.GetValueOrDefault(name);
                sums[name] = (before + error, sizeBefore + size);
            }
        }
        foreach ((string name, (double error, double size)) in sums)
        {
            double difference = error == 0 ? 0 : Math.Sqrt(error / size);
            if (worst.Output.Length == 0 || !(difference <= worst.Difference)) worst = (difference, name);
        }
        return worst;
    }

    private static IEnumerable<IReadOnlyList<FeedTensor>> Drawn(GraphProto graph, bool chunks)
    {
        bool hasCache = graph.Input.Any(input => input.Name.Contains("past", StringComparison.Ordinal));
        return (hasCache ? [.. Fresh, .. chunks ? Cached : Cached[..2]] : Fresh).Select(sizes => sizes.For(graph));
    }

    // A model that was stored in float16 becomes float32, its inputs too.
    private static IReadOnlyList<FeedTensor> Retyped(IReadOnlyList<FeedTensor> feeds) =>
        [.. feeds.Select(feed => feed.Data is float[]? feed with { Type = TensorProto.Types.DataType.Float } : feed)];

    private static (double Error, double Size) Squares(float[] expected, float[]? actual)
    {
        if (actual is null || actual.Length != expected.Length) return (double.PositiveInfinity, 1);
        double error = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            // Both may be the same infinity, or both no number, as in rows that see nothing.
            if (expected[i].Equals(actual[i])) continue;
            double difference = (double)expected[i] - actual[i];
            error += difference * difference;
        }
        foreach (float value in expected) size += float.IsFinite(value) ? (double)value * value : 0;
        return (error, Math.Max(size, double.Epsilon));
    }
}
