using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Resize and MaxPool.</summary>
internal static class ResamplingRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Resize", Resize, [0], "no tf_crop_and_resize, no keep_aspect_ratio_policy but stretch");
        rules.Add("MaxPool", MaxPool, restrictions: "no gradient through the indices");
    }

    /// <summary>The pooling hands out where in the whole tensor each maximum stands.</summary>
    private static void MaxPool(GradientContext c)
    {
        GraphBuilder g = c.G;
        if (c.Node.AttributeInt("storage_order", 0) != 0) throw c.Unsupported("storage_order 1", "use 0");
        Value places = g.Reshape(c.DeclareOutput(1, "indices"), [-1, 1]), zeros = ShapeRules.Zeros(c, g.Reshape(g.Op("Size", [c.Input(0)]), [1]));
        Value sum = g.Op("ScatterND", [zeros, places, g.Reshape(c.Gradient, [-1])], null, "", OnnxFactory.Attribute("reduction", "add"));
        c.Give(0, ShapeRules.ReshapedLike(c, sum, c.Input(0)));
    }

    /// <summary>
    /// Every mode is linear in the elements and works axis by axis. Resizing the rows of an identity matrix tells the weights: [size, new size], by whose
    /// transpose the gradient is multiplied along that axis.
    /// </summary>
    private static void Resize(GradientContext c)
    {
        if (c.Node.AttributeText("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize") throw c.Unsupported("tf_crop_and_resize", "crop by Slice");
        if (c.Node.AttributeText("keep_aspect_ratio_policy", "stretch") != "stretch") throw c.Unsupported("keep_aspect_ratio_policy", "export with fixed sizes");
        GraphBuilder g = c.G;
        int rank = c.RankOf(c.Input(0));
        Value gradient = c.Gradient;
        int[] axes = c.Node.AttributeInts("axes") is { } given ? [.. given.Select(a => NodeContext.Axis(a, rank))] : [.. Enumerable.Range(0, rank)];
        for (int i = 0; i < axes.Length; i++)
        {
            if (IsKept(c, axes[i], i)) continue;
            Value back = g.Transpose(Weights(c, axes[i], i), [1, 0]);
            long[] swap = MatrixRules.LongRange(rank);
            (swap[axes[i]], swap[rank - 1]) = (rank - 1, axes[i]);
            bool last = axes[i] == rank - 1;
            Value product = g.MatMul(last ? gradient : g.Transpose(gradient, swap), back);
            gradient = last ? product : g.Transpose(product, swap);
        }
        c.Give(0, gradient);
    }

    /// <summary>True for an axis whose size is known to stay: equal sizes, or a scale of one.</summary>
    private static bool IsKept(GradientContext c, int axis, int place)
    {
        if (c.Has(3)) return c.ShapeOf(c.Input(0)) is { } from && c.ShapeOf(c.Output()) is { } to && from[axis].Equals(to[axis]);
        return c.Has(2) && c.G.Graph.Initializer.FirstOrDefault(t => t.Name == c.Node.In(2)) is { DataType: (int)TensorProto.Types.DataType.Float } scales
            && OnnxFactory.Floats(scales)[place] == 1;
    }

    private static Value Weights(GradientContext c, int axis, int place)
    {
        GraphBuilder g = c.G;
        Value size = ShapeRules.Size(c, c.Input(0), axis), numbers = g.Op("Range", [g.Constant(0L), g.Squeeze(size, [0]), g.Constant(1L)]);
        Value identity = g.Cast(g.Op("Equal", [g.Reshape(numbers, [1, 1, -1, 1]), g.Reshape(numbers, [1, 1, 1, -1])]), c.ElementType);
        AttributeProto[] attributes = [.. c.Node.Attribute.Where(a => a.Name is not ("axes" or "keep_aspect_ratio_policy")).Select(a => a.Clone())];
        Value resized;
        if (c.Has(3))
        {
            Value sizes = g.Concat([g.Ints(1, 1), size, g.Gather(c.Input(3), g.Ints(place))], 0);
            resized = g.Op("Resize", [identity, Value.None, Value.None, sizes], null, "", attributes);
        }
        else
        {
            Value one = g.Reshape(g.Constant(1f), [1]);
            resized = g.Op("Resize", [identity, Value.None, g.Concat([one, one, one, g.Gather(c.Input(2), g.Ints(place))], 0)], null, "", attributes);
        }
        return g.Squeeze(resized, [0, 1]);
    }
}
