using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class ReductionCases
{
    private static readonly Gen<(int[] Shape, long[] Axes, bool Keep, bool NoOp)> Reductions =
        from shape in RuleGen.Shape(0, 3) from axes in RuleGen.Axes(shape.Length) from keep in Gen.Bool from noOp in Gen.Bool select (shape, axes, keep, noOp);

    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        foreach ((string op, Draw draw) in ((string, Draw)[])[("ReduceSum", Draw.Normal), ("ReduceMean", Draw.Normal), ("ReduceMax", Draw.Spaced), ("ReduceMin", Draw.Spaced),
            ("ReduceProd", Draw.NonZero), ("ReduceL1", Draw.Spaced), ("ReduceL2", Draw.NonZero), ("ReduceSumSquare", Draw.Normal), ("ReduceLogSum", Draw.Positive), ("ReduceLogSumExp", Draw.Normal)])
        {
            cases[op] = RuleGen.Cases(Reductions, (t, p) => t.Node(op,
                p.Axes.Length > 0 ? [t.Real(p.Shape, draw), t.G.Ints(p.Axes)] : [t.Real(p.Shape, draw)], 1, "",
                Attribute("keepdims", p.Keep ? 1 : 0), Attribute("noop_with_empty_axes", p.NoOp ? 1 : 0)));
        }
        // Axes that the graph computes, none among them.
        foreach (string op in (string[])["ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2", "ReduceProd", "ReduceLogSumExp"])
        {
            cases[op + "/computedAxes"] = RuleGen.Cases(Reductions, (t, p) => t.Node(op, [t.Real(p.Shape, op == "ReduceMax" ? Draw.Spaced : Draw.NonZero), t.Feed("axes", DoubleTensor.Wholes([p.Axes.Length], p.Axes))], 1, "",
                Attribute("keepdims", p.Keep ? 1 : 0), Attribute("noop_with_empty_axes", p.NoOp ? 1 : 0)));
        }
        // One exact zero and two, where P / x cannot be used.
        cases["ReduceProd/zeros"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(2, 2), Gen.Int[1, 2], Gen.Bool), (t, p) =>
        {
            Value x = t.Real(p.Item1);
            for (int i = 0; i < Math.Min(p.Item2, t.Feeds[x.Name].Data.Length); i++) t.Feeds[x.Name].Data[i] = 0;
            t.Node("ReduceProd", p.Item3 ? [x, t.G.Ints(-1)] : [x], 1, "", Attribute("keepdims", 0));
        });
    }
}
