using Glossa.Models.Building;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>T5's relative positions: a table row for each bucket of distances, [1, heads, queries, keys].</summary>
internal static class RelativePositionBias
{
    internal static void Apply(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        bool both = c.Node.AttributeInt("is_bidirectional", 0) != 0;
        Value rows = Numbers(g, c.Input(1), [-1, 1]), columns = Numbers(g, c.Input(2), [1, -1]);
        Value distance = g.Sub(columns, rows), zero = g.Constant(0L);
        // Half of the buckets hold what lies ahead; without it, everything ahead counts as distance 0.
        Value buckets = g.Gather(g.Shape(c.Input(0)), g.Ints(0));
        if (both) buckets = g.Div(buckets, g.Constant(2L));
        Value back = both ? g.Op("Abs", [distance]) : g.Neg(g.Op("Min", [distance, zero]));
        Value bucket = Bucket(c, back, buckets);
        if (both) bucket = g.Add(bucket, g.Where(g.Op("Greater", [distance, zero]), buckets, zero));
        Value bias = g.Transpose(g.Gather(c.Input(0), bucket), [2, 0, 1]);
        c.Return(0, g.Unsqueeze(bias, [0]));
    }

    /// <summary>Near distances one by one, far ones by their logarithm.</summary>
    private static Value Bucket(ExpansionContext c, Value distance, Value buckets)
    {
        GraphBuilder g = c.G;
        Value exact = g.Div(buckets, g.Constant(2L));
        Value Real(Value value) => g.Cast(value, DataType.Float);
        Value farthest = g.Constant((float)c.Node.AttributeInt("max_distance", 128));
        Value ratio = g.Div(g.Op("Log", [g.Div(Real(g.Op("Max", [distance, g.Constant(1L)])), Real(exact))]), g.Op("Log", [g.Div(farthest, Real(exact))]));
        Value far = g.Add(exact, g.Cast(g.Mul(ratio, Real(g.Sub(buckets, exact))), DataType.Int64));
        return g.Where(g.Op("Less", [distance, exact]), distance, g.Op("Min", [far, g.Sub(buckets, g.Constant(1L))]));
    }

    private static Value Numbers(GraphBuilder g, Value length, long[] shape) =>
        g.Reshape(g.Op("Range", [g.Constant(0L), g.Squeeze(g.Reshape(length, [1]), [0]), g.Constant(1L)]), shape);
}
