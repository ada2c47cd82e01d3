using CsCheck;
using Glossa.Models.Building;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class ActivationCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        foreach ((string op, Draw draw) in ((string, Draw)[])[("Relu", Draw.Spaced), ("Sigmoid", Draw.Normal), ("Tanh", Draw.Normal), ("Erf", Draw.Normal)])
            cases[op] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node(op, [t.Real(s, draw)]));
        cases["Gelu"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), RuleGen.OneOf("none", "tanh")), (t, p) =>
            t.Node("Gelu", [t.Real(p.Item1)], 1, "", Attribute("approximate", p.Item2)));
        foreach (string op in (string[])["Softmax", "LogSoftmax"])
        {
            cases[op] = RuleGen.Cases(
                from shape in RuleGen.Shape(1, 4) from axis in RuleGen.Axis(shape.Length) select (shape, axis),
                (t, p) => t.Node(op, [t.Real(p.shape)], 1, "", Attribute("axis", (long)p.axis)));
        }
    }
}
