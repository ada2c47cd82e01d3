using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients.Expansions;

/// <summary>Pooling, and exchanging channels with places.</summary>
internal static class PoolingExpansions
{
    internal static void AddTo(ExpansionCollector expansions)
    {
        expansions.Add("AveragePool", AveragePool, "no ceil_mode");
        expansions.Add("GlobalAveragePool", c => c.Return(0, NormalizationRules.Mean(c, c.Input(0), c.Input(0), Places(c))));
        expansions.Add("GlobalMaxPool", GlobalMaxPool);
        expansions.Add("DepthToSpace", DepthToSpace);
        expansions.Add("SpaceToDepth", SpaceToDepth);
    }

    private static long[] Places(NodeContext c) => MatrixRules.LongRange(c.RankOf(c.Input(0)))[2..];

    /// <summary>A convolution of each channel with ones, over the number of elements in the window.</summary>
    private static void AveragePool(ExpansionContext c)
    {
        if (c.Node.AttributeInt("ceil_mode", 0) != 0) throw c.Unsupported("ceil_mode", "export with sizes that the stride divides");
        GraphBuilder g = c.G;
        Value x = c.Input(0), shape = g.Shape(x), places = g.Op("Slice", [shape, g.Ints(2), g.Ints(long.MaxValue)]);
        long[] kernel = c.Node.AttributeInts("kernel_shape") ?? throw c.Unsupported("a window without kernel_shape", "write it");
        AttributeProto[] window = [.. c.Node.Attribute.Where(a => a.Name is "strides" or "pads" or "dilations" or "auto_pad").Select(a => a.Clone())];
        Value ones = Ones(g, g.Ints([1, 1, .. kernel]));
        Value flat = g.Reshape(x, g.Concat([g.Ints(-1, 1), places], 0));
        Value sum = g.Op("Conv", [flat, ones], null, "", window);
        Value count = c.Node.AttributeInt("count_include_pad", 0) != 0
            ? c.Scalar(kernel.Aggregate(1L, (a, b) => a * b))
            : g.Op("Conv", [Ones(g, g.Concat([g.Ints(1, 1), places], 0)), ones], null, "", window);
        Value mean = g.Div(sum, count);
        Value outer = g.Op("Slice", [shape, g.Ints(0), g.Ints(2)]), inner = g.Op("Slice", [g.Shape(mean), g.Ints(2), g.Ints(long.MaxValue)]);
        c.Return(0, g.Reshape(mean, g.Concat([outer, inner], 0)));
    }

    private static Value Ones(GraphBuilder g, Value shape) => g.Op("ConstantOfShape", [shape], null, "", OnnxFactory.Attribute("value", OnnxFactory.Tensor("", [1], [1f])));

    // The largest element by TopK, because ReduceMax takes its axes differently in each operator set.
    private static void GlobalMaxPool(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        Value[] largest = g.Ops("TopK", [g.Reshape(c.Input(0), [0, 0, -1]), g.Ints(1)], ["largest", "place"], "", OnnxFactory.Attribute("axis", -1L));
        c.Return(0, g.Unsqueeze(largest[0], [.. Places(c).Skip(1)]));
    }

    private static void DepthToSpace(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        long block = c.Node.AttributeInt("blocksize", 1);
        (Value batch, Value channels, Value height, Value width) = Axes(g, c.Input(0));
        Value side = g.Ints(block), rest = g.Div(channels, g.Ints(block * block));
        bool columns = c.Node.AttributeText("mode", "DCR") == "CRD";
        Value parted = g.Reshape(c.Input(0), g.Concat(columns ? [batch, rest, side, side, height, width] : [batch, side, side, rest, height, width], 0));
        Value turned = g.Transpose(parted, columns ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
        c.Return(0, g.Reshape(turned, g.Concat([batch, rest, g.Mul(height, side), g.Mul(width, side)], 0)));
    }

    private static void SpaceToDepth(ExpansionContext c)
    {
        GraphBuilder g = c.G;
        long block = c.Node.AttributeInt("blocksize", 1);
        (Value batch, Value channels, Value height, Value width) = Axes(g, c.Input(0));
        Value side = g.Ints(block), rows = g.Div(height, side), columns = g.Div(width, side);
        Value parted = g.Reshape(c.Input(0), g.Concat([batch, channels, rows, side, columns, side], 0));
        Value turned = g.Transpose(parted, [0, 3, 5, 1, 2, 4]);
        c.Return(0, g.Reshape(turned, g.Concat([batch, g.Mul(channels, g.Ints(block * block)), rows, columns], 0)));
    }

    private static (Value Batch, Value Channels, Value Height, Value Width) Axes(GraphBuilder g, Value x)
    {
        Value shape = g.Shape(x);
        return (g.Gather(shape, g.Ints(0)), g.Gather(shape, g.Ints(1)), g.Gather(shape, g.Ints(2)), g.Gather(shape, g.Ints(3)));
    }
}
