using Glossa.Models.Onnx;
using Glossa.Models.Optimization.HalfPrecision;
using Glossa.Training.Verification;

namespace Glossa.Pipeline.Optimize;

/// <summary>Which values of a model are too large for float16, seen while it runs.</summary>
internal static class HalfRange
{
    // Half of the largest float16: other inputs than those that were tried may give larger values.
    private const float Limit = HalfPrecision.Largest / 2;

    /// <summary>First outputs of the nodes whose values come close to what float16 holds.</summary>
    /// <param name="model">The optimized float32 model.</param>
    /// <param name="feeds">Inputs to try.</param>
    /// <param name="folder">Where a temporary file may stand.</param>
    public static IReadOnlyList<string> TooLarge(ModelProto model, IEnumerable<IReadOnlyList<FeedTensor>> feeds, string folder)
    {
        ModelProto probe = HalfPrecision.RangeModel(model, out IReadOnlyList<string> values);
        using RunnableModel session = RunnableModel.OpenTemporary(probe, folder);
        HashSet<string> large = [];
        foreach (IReadOnlyList<FeedTensor> feed in feeds)
        {
            IReadOnlyDictionary<string, float[]> ranges = session.Run(feed);
            for (int i = 0; i < values.Count; i++)
            {
                if (!(ranges[HalfPrecision.RangeName(i)][0] <= Limit)) large.Add(values[i]);
            }
        }
        return [.. values.Where(large.Contains)];
    }
}
