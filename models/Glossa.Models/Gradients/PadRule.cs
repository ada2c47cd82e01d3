using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Pad in all its modes.</summary>
internal static class PadRule
{
    internal static void Apply(GradientContext c)
    {
        c.Refuse(2, "the padding value");
        GraphBuilder g = c.G;
        string mode = c.Node.AttributeText("mode", "constant");
        if (mode == "constant")
        {
            // Negative padding cuts off, and cutting off pads with zeros.
            c.Give(0, Padded(c, c.Gradient, g.Neg(c.Input(1)), "constant"));
            return;
        }
        // Pad the elements' numbers the same way: they tell which element each place repeats.
        Value x = c.Input(0), shape = ShapeRules.ShapeValue(c, x), count = g.Op("ReduceProd", [shape], null, "", OnnxFactory.Attribute("keepdims", 0));
        Value numbers = g.Reshape(g.Op("Range", [g.Constant(0L), count, g.Constant(1L)]), shape);
        Value sources = g.Reshape(Padded(c, numbers, c.Input(1), mode), [-1, 1]);
        Value zeros = ShapeRules.Zeros(c, g.Reshape(count, [1]));
        Value sum = g.Op("ScatterND", [zeros, sources, g.Reshape(c.Gradient, [-1])], null, "", OnnxFactory.Attribute("reduction", "add"));
        c.Give(0, g.Reshape(sum, shape));
    }

    private static Value Padded(GradientContext c, Value value, Value pads, string mode) => c.G.Op(
        "Pad", c.Has(3) ? [value, pads, Value.None, c.Input(3)] : [value, pads], null, "", OnnxFactory.Attribute("mode", mode));
}
