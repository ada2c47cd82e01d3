using CsCheck;
using Glossa.Models.Building;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class ActivationCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        foreach ((string op, Draw draw) in ((string, Draw)[])[("Relu", Draw.Spaced), ("Sigmoid", Draw.Normal), ("Tanh", Draw.Normal), ("Erf", Draw.Normal),
            ("ThresholdedRelu", Draw.Spaced), ("HardSigmoid", Draw.Spaced), ("Softplus", Draw.Normal), ("Softsign", Draw.Normal), ("Mish", Draw.Normal), ("Selu", Draw.Spaced)])
            cases[op] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node(op, [t.Real(s, draw)]));
        foreach (string op in (string[])["LeakyRelu", "Elu", "Celu"])
        {
            cases[op] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), RuleGen.OneOf(0.3f, 1f, 1.6f)), (t, p) =>
                t.Node(op, [t.Real(p.Item1, Draw.Spaced)], 1, "", Attribute("alpha", p.Item2)));
        }
        cases["Shrink"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), RuleGen.OneOf(0f, 0.2f)), (t, p) => t.Node("Shrink", [t.Real(p.Item1, Draw.Spaced)], 1, "", Attribute("lambd", 0.25f), Attribute("bias", p.Item2)));
        // Away from -3 and 3, where the derivative jumps.
        cases["HardSwish"] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node("HardSwish", [t.G.Mul(t.Real(s, Draw.NonZero), t.G.Constant(1.49f))]));
        cases["HardSwish/far"] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node("HardSwish", [t.G.Mul(t.Real(s, Draw.NonZero), t.G.Constant(20f))]));
        cases["PRelu"] = RuleGen.Cases(
            from shape in RuleGen.Shape(0, 3) from slope in RuleGen.Part(shape) select (shape, slope),
            (t, p) => t.Node("PRelu", [t.Real(p.shape, Draw.Spaced), t.Real(p.slope)]));
        foreach ((string op, string domain) in ((string, string)[])[("Swish", ""), ("QuickGelu", "com.microsoft")])
        {
            cases[domain.Length > 0 ? domain + "." + op : op] = RuleGen.Cases(Gen.Select(RuleGen.Shape(1, 3), RuleGen.OneOf(1f, 1.702f)), (t, p) =>
            {
                t.Opset = op == "Swish" ? 24 : 21;
                t.Node(op, [t.Real(p.Item1)], 1, domain, Attribute("alpha", p.Item2));
            });
        }
        cases["com.microsoft.Gelu"] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node("Gelu", [t.Real(s)], 1, "com.microsoft"));
        cases["com.microsoft.BiasGelu"] = RuleGen.Cases(RuleGen.Shape(1, 3), (t, s) => t.Node("BiasGelu", [t.Real(s), t.Real([s[^1]])], 1, "com.microsoft"));
        cases["com.microsoft.FastGelu"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(1, 3), Gen.Bool), (t, p) =>
            t.Node("FastGelu", p.Item2 ? [t.Real(p.Item1), t.Real([p.Item1[^1]])] : [t.Real(p.Item1)], 1, "com.microsoft"));
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
