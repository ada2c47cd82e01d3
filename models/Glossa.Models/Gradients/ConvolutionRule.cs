using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Conv over any number of spatial axes, strided, dilated, grouped or depthwise.</summary>
internal static class ConvolutionRule
{
    internal static void AddTo(RuleCollector rules) => rules.Add(
        "Conv", Apply, restrictions: "kernel size known when the graph is built; the spatial sizes too where auto_pad is SAME_UPPER or SAME_LOWER");

    private static void Apply(GradientContext c)
    {
        int spatial = c.RankOf(c.Input(0)) - 2;
        if (c.ShapeOf(c.Input(1)) is not { } kernel || kernel.Skip(2).Any(d => !d.IsConstant))
            throw c.Unsupported("a kernel of unknown size", "declare the shape of its weight");
        long[] sizes = [.. kernel.Skip(2).Select(d => d.Value)];
        long[] strides = c.Node.AttributeInts("strides") ?? Ones(spatial), dilations = c.Node.AttributeInts("dilations") ?? Ones(spatial);
        long[] pads = Pads(c, sizes, strides, dilations);
        if (c.Wants(0)) c.Give(0, InputGradient(c, sizes, strides, dilations, pads));
        if (c.Wants(1)) c.Give(1, WeightGradient(c, sizes, strides, dilations, pads));
        if (c.Wants(2)) c.Give(2, c.G.ReduceSum(c.Gradient, [0, .. Enumerable.Range(2, spatial).Select(i => (long)i)], false));
    }

    private static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];

    private static long[] Pads(GradientContext c, long[] sizes, long[] strides, long[] dilations)
    {
        int spatial = sizes.Length;
        string auto = c.Node.AttributeText("auto_pad", "NOTSET");
        if (auto == "VALID") return new long[2 * spatial];
        if (auto == "NOTSET") return c.Node.AttributeInts("pads") ?? new long[2 * spatial];
        long[] pads = new long[2 * spatial];
        for (int i = 0; i < spatial; i++)
        {
            if (c.ShapeOf(c.Input(0)) is not { } shape || !shape[i + 2].IsConstant) throw c.Unsupported($"auto_pad {auto} over an axis of unknown size", "write the pads as numbers");
            long size = shape[i + 2].Value, output = (size + strides[i] - 1) / strides[i];
            long total = Math.Max(0, ((output - 1) * strides[i]) + ((sizes[i] - 1) * dilations[i]) + 1 - size), less = total / 2;
            (pads[i], pads[i + spatial]) = auto == "SAME_UPPER" ? (less, total - less) : (total - less, less);
        }
        return pads;
    }

    /// <summary>The transposed convolution without padding, then cut (or filled up with zeros) to the input's size.</summary>
    private static Value InputGradient(GradientContext c, long[] sizes, long[] strides, long[] dilations, long[] pads)
    {
        GraphBuilder g = c.G;
        int spatial = sizes.Length;
        Value full = g.Op("ConvTranspose", [c.Gradient, c.Input(1)], null, "",
            OnnxFactory.Attribute("strides", strides), OnnxFactory.Attribute("dilations", dilations), OnnxFactory.Attribute("group", c.Node.AttributeInt("group", 1)));
        Value before = g.Ints([0, 0, .. pads.Take(spatial).Select(p => -p)]);
        Value after = g.Sub(g.Sub(ShapeRules.ShapeValue(c, c.Input(0)), g.Shape(full)), before);
        return g.Op("Pad", [full, g.Concat([before, after], 0)]);
    }

    /// <summary>
    /// The convolution of the input with the gradient, batch and channels changing places, strides and dilations too;
    /// [B, groups C, ...] is read as [C, groups B, ...].
    /// </summary>
    private static Value WeightGradient(GradientContext c, long[] sizes, long[] strides, long[] dilations, long[] pads)
    {
        GraphBuilder g = c.G;
        int spatial = sizes.Length;
        long groups = c.Node.AttributeInt("group", 1);
        long[] rest = [.. Enumerable.Range(0, spatial).Select(i => (long)i)];
        Value x = c.Input(0);
        if (groups == 1) x = g.Transpose(x, [1, 0, .. rest.Select(i => i + 2)]);
        else
        {
            Value shape = g.Shape(x), places = g.Op("Slice", [shape, g.Ints(2), g.Ints(long.MaxValue)]);
            Value channels = ShapeRules.Size(c, c.Input(1), 1);
            Value parted = g.Reshape(x, g.Concat([ShapeRules.Size(c, x, 0), g.Ints(groups), channels, places], 0));
            Value turned = g.Transpose(parted, [2, 1, 0, .. rest.Select(i => i + 3)]);
            x = g.Reshape(turned, g.Concat([channels, g.Ints(-1), places], 0));
        }
        Value kernel = g.Transpose(c.Gradient, [1, 0, .. rest.Select(i => i + 2)]);
        Value product = g.Op("Conv", [x, kernel], null, "",
            OnnxFactory.Attribute("strides", dilations), OnnxFactory.Attribute("dilations", strides), OnnxFactory.Attribute("pads", pads), OnnxFactory.Attribute("group", groups));
        // Where the stride leaves a rest at the end, the product has more places than the kernel.
        Value cut = g.Op("Slice", [product, g.Ints(new long[spatial]), g.Ints(sizes), g.Ints([.. rest.Select(i => i + 2)])]);
        return g.Transpose(cut, [1, 0, .. rest.Select(i => i + 2)]);
    }
}
