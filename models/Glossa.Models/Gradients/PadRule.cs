using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Pad in all its modes.</summary>
internal static class PadRule
{
    internal static void Apply(GradientContext c)
    {
        GraphBuilder g = c.G;
        string mode = c.Node.AttributeText("mode", "constant");
        if (mode != "constant")
        {
            c.Give(0, MovedElements.Gradient(c, c.Input(0), c.Gradient, numbers => Padded(c, numbers, mode: mode)));
            return;
        }
        // Negative padding cuts off, and cutting off pads with zeros.
        if (c.Wants(0)) c.Give(0, Padded(c, c.Gradient, g.Neg(c.Input(1))));
        if (!c.Wants(2)) return;
        Value added = Padded(c, ShapeRules.ZerosLike(c, c.Input(0)), fill: c.Scalar(1));
        c.Give(2, ShapeRules.ReshapedLike(c, g.ReduceSum(g.Mul(c.Gradient, added), [], false), c.Input(2)));
    }

    private static Value Padded(GradientContext c, Value value, Value? pads = null, string mode = "constant", Value? fill = null)
    {
        List<Value> inputs = [value, pads ?? c.Input(1)];
        if (fill is not null || c.Has(3)) inputs.Add(fill ?? Value.None);
        if (c.Has(3)) inputs.Add(c.Input(3));
        return c.G.Op("Pad", [.. inputs], null, "", OnnxFactory.Attribute("mode", mode));
    }
}
