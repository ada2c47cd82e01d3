using CsCheck;
using Glossa.Models.Building;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class NormalizationCases
{
    private static readonly Gen<(int[] Shape, int Axis, int[] Scale)> Normalized =
        from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length)
        let first = axis < 0 ? axis + shape.Length : axis
        select (shape, axis, shape[first..]);

    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        // A wide epsilon, because over one or two elements a small one makes the derivative steep.
        cases["LayerNormalization"] = RuleGen.Cases(Gen.Select(Normalized, Gen.Bool), (t, p) =>
        {
            Value x = t.Real(p.Item1.Shape), gain = t.Real(p.Item1.Scale);
            t.Node("LayerNormalization", p.Item2 ? [x, gain, t.Real(p.Item1.Scale)] : [x, gain], 1, "", Attribute("axis", (long)p.Item1.Axis), Attribute("epsilon", 0.1f));
        });
        cases["RMSNormalization"] = RuleGen.Cases(Normalized, (t, p) =>
        {
            t.Opset = 23;
            t.Node("RMSNormalization", [t.Real(p.Shape), t.Real(p.Scale)], 1, "", Attribute("axis", (long)p.Axis), Attribute("epsilon", 0.1f));
        });
    }
}
