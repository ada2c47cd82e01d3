using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>Normalizations over other axes than the last ones.</summary>
internal static class NormalizationExpansions
{
    internal static void AddTo(ExpansionCollector expansions)
    {
        expansions.Add("BatchNormalization", BatchNormalization, "inference form: the running statistics are constants");
        expansions.Add("InstanceNormalization", InstanceNormalization);
        expansions.Add("GroupNormalization", GroupNormalization);
        expansions.Add("MeanVarianceNormalization", MeanVarianceNormalization);
        expansions.Add("LpNormalization", LpNormalization);
    }

    private static void BatchNormalization(ExpansionContext c)
    {
        if (c.Node.AttributeInt("training_mode", 0) != 0) throw c.Unsupported("batch statistics (training_mode)", "export the model in evaluation mode");
        GraphBuilder g = c.G;
        int rank = c.RankOf(c.Input(0));
        Value scale = g.Div(c.Input(1), g.Sqrt(g.Add(c.Input(4), c.Scalar(c.Node.AttributeFloat("epsilon", 1e-5f)))));
        Value shift = g.Sub(c.Input(2), g.Mul(c.Input(3), scale));
        c.Return(0, g.Add(g.Mul(c.Input(0), Channels(g, scale, rank)), Channels(g, shift, rank)));
    }

    private static void InstanceNormalization(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0);
        int rank = c.RankOf(x);
        Value normalized = Normalized(c, x, MatrixRules.LongRange(rank)[2..], c.Node.AttributeFloat("epsilon", 1e-5f));
        c.Return(0, g.Add(g.Mul(normalized, Channels(g, c.Input(1), rank)), Channels(g, c.Input(2), rank)));
    }

    /// <summary>Scale and bias stand for channels, in operator set 18 for groups.</summary>
    private static void GroupNormalization(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0);
        int rank = c.RankOf(x);
        long groups = c.Node.AttributeInt("num_groups", 1);
        bool perGroup = ShapeRules.KnownSize(c, c.Input(1), 0) == groups;
        Value parted = Normalized(c, g.Reshape(x, [0, groups, -1]), [2], c.Node.AttributeFloat("epsilon", 1e-5f));
        Value Affine(Value value, int ofRank) => g.Add(g.Mul(value, Channels(g, c.Input(1), ofRank)), Channels(g, c.Input(2), ofRank));
        Value whole = ShapeRules.ReshapedLike(c, perGroup ? Affine(parted, 3) : parted, x);
        c.Return(0, perGroup ? whole : Affine(whole, rank));
    }

    private static void MeanVarianceNormalization(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0);
        int rank = c.RankOf(x);
        long[] axes = [.. (c.Node.AttributeInts("axes") ?? [0, 2, 3]).Select(a => (long)NodeContext.Axis(a, rank)).Order()];
        Value centred = g.Sub(x, NormalizationRules.Mean(c, x, x, axes));
        Value deviation = g.Sqrt(NormalizationRules.Mean(c, g.Mul(centred, centred), x, axes));
        c.Return(0, g.Div(centred, g.Add(deviation, c.Scalar(1e-9f))));
    }

    /// <summary>x over its norm; a vector of zeros stays one.</summary>
    private static void LpNormalization(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0), zero = c.Scalar(0);
        long[] axis = [c.Node.AttributeInt("axis", -1)];
        Value norm = c.Node.AttributeInt("p", 2) == 1
            ? g.ReduceSum(g.Op("Abs", [x]), axis, true)
            : g.Sqrt(g.ReduceSum(g.Mul(x, x), axis, true));
        c.Return(0, g.Div(x, g.Where(g.Op("Equal", [norm, zero]), c.Scalar(1), norm)));
    }

    private static Value Normalized(NodeContext c, Value x, long[] axes, float epsilon)
    {
        GraphBuilder g = c.G;
        Value centred = g.Sub(x, MeanAtRunTime(c, x, axes));
        Value variance = MeanAtRunTime(c, g.Mul(centred, centred), axes);
        return g.Div(centred, g.Sqrt(g.Add(variance, c.Scalar(epsilon))));
    }

    // The value is one of the expansion's own, whose shape the shape map does not know yet.
    private static Value MeanAtRunTime(NodeContext c, Value value, long[] axes) => NormalizationRules.Mean(c, value, value, axes);

    /// <summary>[channels] as [1, channels, 1, ...].</summary>
    private static Value Channels(GraphBuilder g, Value value, int rank) => g.Reshape(value, [1, -1, .. Enumerable.Repeat(1L, rank - 2)]);
}
