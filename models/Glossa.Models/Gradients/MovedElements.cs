using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Gradients;

/// <summary>The gradient of an operator that only moves, repeats or drops elements, whatever its axes and ranks.</summary>
internal static class MovedElements
{
    /// <summary>
    /// Numbers the elements of <paramref name="x"/>, lets <paramref name="move"/> do to the numbers (int64) what the operator does to the elements, and
    /// adds each element of the gradient to the place whose number it stands at.
    /// </summary>
    internal static Value Gradient(NodeContext c, Value x, Value gradient, Func<Value, Value> move)
    {
        GraphBuilder g = c.G;
        Value count = g.Op("Size", [x]);
        Value numbers = ShapeRules.ReshapedLike(c, g.Op("Range", [g.Constant(0L), count, g.Constant(1L)]), x);
        Value sources = g.Reshape(move(numbers), [-1, 1]);
        Value zeros = ShapeRules.Zeros(c, g.Reshape(count, [1]));
        Value sum = g.Op("ScatterND", [zeros, sources, g.Reshape(gradient, [-1])], null, "", OnnxFactory.Attribute("reduction", "add"));
        return ShapeRules.ReshapedLike(c, sum, x);
    }
}
