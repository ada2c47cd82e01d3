using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

internal static class ElementwiseCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        foreach ((string op, Draw a, Draw b) in ((string, Draw, Draw)[])[("Add", Draw.Normal, Draw.Normal), ("Sub", Draw.Normal, Draw.Normal), ("Mul", Draw.Normal, Draw.Normal), ("Div", Draw.Normal, Draw.NonZero)])
            cases[op] = RuleGen.Cases(RuleGen.Broadcast(), (t, s) => t.Node(op, [t.Real(s.A, a), t.Real(s.B, b)]));
        cases["Mul/square"] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => { Value x = t.Real(s); t.Node("Mul", [x, x]); });
        foreach ((string op, Draw draw) in ((string, Draw)[])[("Identity", Draw.Normal), ("Neg", Draw.Normal), ("Abs", Draw.Spaced), ("Sqrt", Draw.Positive),
            ("Reciprocal", Draw.NonZero), ("Exp", Draw.Normal), ("Log", Draw.Positive), ("Sin", Draw.Normal), ("Cos", Draw.Normal),
            ("Tan", Draw.Unit), ("Asin", Draw.Unit), ("Acos", Draw.Unit), ("Atan", Draw.Normal), ("Asinh", Draw.Normal), ("Atanh", Draw.Unit), ("Sinh", Draw.Normal), ("Cosh", Draw.Normal)])
        {
            cases[op] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node(op, [t.Real(s, draw)]));
        }
        cases["Acosh"] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node("Acosh", [t.G.Add(t.Real(s, Draw.Positive), t.G.Constant(1f))]));
        cases["Pow"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), RuleGen.OneOf(2f, 3f, 1f, 0.5f, -0.5f, 1.7f, -1f, 4f)), (t, p) =>
            t.Node("Pow", [t.Real(p.Item1, Draw.Positive), t.G.Constant(p.Item2)]));
        cases["Pow/negativeBase"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), RuleGen.OneOf(2f, 3f, 1f, 4f)), (t, p) =>
            t.Node("Pow", [t.Real(p.Item1, Draw.NonZero), t.G.Constant(p.Item2)]));
        cases["Pow/integerExponent"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), Gen.Long[1, 3]), (t, p) =>
            t.Node("Pow", [t.Real(p.Item1, Draw.NonZero), t.G.Constant(p.Item2)]));
        cases["Pow/both"] = RuleGen.Cases(RuleGen.Broadcast(), (t, s) => t.Node("Pow", [t.Real(s.A, Draw.Positive), t.Real(s.B)]));
        foreach (string op in (string[])["Min", "Max"])
        {
            cases[op] = RuleGen.Cases(RuleGen.Broadcast(), (t, s) => t.Node(op, [t.Real(s.A, Draw.Spaced), t.G.Add(t.Real(s.B, Draw.Spaced), t.G.Constant(RuleCase.Apart))]));
            cases[op + "/three"] = RuleGen.Cases(RuleGen.Broadcast(), (t, s) =>
            {
                Value shifted = t.G.Add(t.Real(s.B, Draw.Spaced), t.G.Constant(RuleCase.Apart));
                t.Node(op, [t.Real(s.A, Draw.Spaced), shifted, t.G.Add(t.Real(s.A, Draw.Spaced), t.G.Constant(-RuleCase.Apart))]);
            });
        }
        cases["Mod"] = RuleGen.Cases(RuleGen.Broadcast(), (t, s) => t.Node("Mod", [t.Real(s.A), t.Real(s.B, Draw.NonZero)], 1, "", Attribute("fmod", 1L)));
        foreach (string op in (string[])["Sum", "Mean"])
            cases[op] = RuleGen.Cases(RuleGen.Broadcast(), (t, s) => t.Node(op, [t.Real(s.A), t.Real(s.B), t.Real(s.A)]));
        cases["Where"] = RuleGen.Cases(
            from shape in RuleGen.Shape(0, 3) from a in RuleGen.Part(shape) from b in RuleGen.Part(shape) from c in RuleGen.Part(shape) select (a, b, c),
            (t, s) => t.Node("Where", [t.Flags(s.c), t.Real(s.a), t.Real(s.b)]));
        cases["Clip"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), Gen.Int[0, 2], Gen.Int[0, 2]), (t, p) => t.Node("Clip", [
            t.Real(p.Item1, Draw.Spaced), Bound(t, p.Item2, -0.4f), Bound(t, p.Item3, 0.4f)]));
        cases["Cast"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), RuleGen.OneOf(DataType.Float, DataType.Double)), (t, p) =>
            t.Node("Cast", [t.Real(p.Item1)], 1, "", Attribute("to", (long)p.Item2)));
        cases["CastLike"] = RuleGen.Cases(RuleGen.Shape(0, 3), (t, s) => t.Node("CastLike", [t.Real(s), t.G.Cast(t.G.Constant(1f), DataType.Double)]));
    }

    /// <summary>No bound, a constant one, or one with a gradient of its own.</summary>
    private static Value Bound(RuleCase t, int kind, float value) => kind switch
    {
        0 => Value.None,
        1 => t.G.Constant(value),
        _ => t.G.Add(t.G.Mul(t.Real([]), t.G.Constant(0.01f)), t.G.Constant(value)),
    };
}
