using CsCheck;
using Glossa.Models.Building;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class GatherCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["Gather"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from indices in RuleGen.Shape(0, 2) select (shape, axis, indices),
            (t, p) => t.Node("Gather", [t.Real(p.shape), t.Indices(p.indices, At(p.shape, p.axis))], 1, "", Attribute("axis", (long)p.axis)));
        cases["GatherElements"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from size in RuleGen.Size select (shape, axis, size),
            (t, p) => t.Node("GatherElements", [t.Real(p.shape), t.Indices(ShapeCases.With(p.shape, p.axis, p.size), At(p.shape, p.axis))], 1, "", Attribute("axis", (long)p.axis)));
    }

    private static int At(int[] shape, int axis) => shape[axis < 0 ? axis + shape.Length : axis];
}
