using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class NormalizationCases
{
    private static readonly Gen<(int[] Shape, int Axis, int[] Scale)> Normalized =
        from shape in RuleGen.Shape(1, 3)
        from axis in RuleGen.Axis(shape.Length)
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
        cases["LayerNormalization/statistics"] = RuleGen.Cases(Gen.Select(Normalized, Gen.Bool), (t, p) =>
        {
            Value x = t.Real(p.Item1.Shape);
            t.Node("LayerNormalization", [x, t.Real(p.Item1.Scale)], 3, "", Attribute("axis", (long)p.Item1.Axis), Attribute("epsilon", 0.1f));
            if (!p.Item2) return;
            t.Outputs.RemoveAt(0);
            t.Targets.RemoveAt(1);
        });
        cases["RMSNormalization"] = RuleGen.Cases(Normalized, (t, p) =>
        {
            t.Opset = 23;
            t.Node("RMSNormalization", [t.Real(p.Shape), t.Real(p.Scale)], 1, "", Attribute("axis", (long)p.Axis), Attribute("epsilon", 0.1f));
        });
        cases["SimplifiedLayerNormalization"] = RuleGen.Cases(Gen.Select(Normalized, Gen.Bool), (t, p) =>
        {
            (int[] shape, int axis, int[] scale) = p.Item1;
            Value gain = p.Item2 ? t.Real(scale) : t.G.Initializer(Tensor("gain", [.. scale.Select(d => (long)d)], [.. Enumerable.Repeat(1f, DoubleTensor.Count(scale))]));
            t.Node("SimplifiedLayerNormalization", [t.Real(shape), gain], 1, "", Attribute("axis", (long)axis), Attribute("epsilon", 0.1f));
        });
        foreach ((string op, int bias) in ((string, int)[])[("SkipLayerNormalization", 4), ("SkipSimplifiedLayerNormalization", 3)])
        {
            cases["com.microsoft." + op] = RuleGen.Cases(Gen.Select(RuleGen.Size.Array[3], Gen.Bool, Gen.Bool, Gen.Int[0, 2]), (t, p) =>
            {
                (int[] shape, int[] hidden) = (p.Item1, [p.Item1[2]]);
                List<Value> inputs = [t.Real(shape), t.Real(shape), t.Real(hidden)];
                if (bias == 4) inputs.Add(p.Item2 ? t.Real(hidden) : Value.None);
                if (p.Item3) inputs.Add(t.Real(hidden));
                Value[] outputs = t.G.Ops(op, [.. inputs], p.Item4 == 0 ? ["y"] : ["y", "", "", "sum"], "com.microsoft", Attribute("epsilon", 0.1f));
                t.Outputs.AddRange(p.Item4 switch { 0 => [outputs[0].Name], 1 => [outputs[0].Name, outputs[3].Name], _ => (string[])[outputs[3].Name] });
                // A gain that no gradient reaches.
                if (p.Item4 == 2) t.Targets.RemoveAll(name => name == inputs[2].Name || (bias == 4 && name == inputs[3].Name));
            });
        }
    }
}
