using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Dropout, branches and counters.</summary>
internal static class ControlRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Dropout", Dropout, [0]);
        rules.Add("If", c => throw c.Unsupported("a branch whose condition is computed at run time", "fold the condition to a constant"), restrictions: "constant condition: the branch taken replaces the node");
        rules.Add("Range", Range, [0, 2]);
    }

    /// <summary>start + i delta.</summary>
    private static void Range(GradientContext c)
    {
        GraphBuilder g = c.G;
        if (c.Wants(0)) c.Give(0, g.ReduceSum(c.Gradient, [], false));
        if (!c.Wants(2)) return;
        Value count = g.Op("Size", [c.Gradient]), numbers = g.Op("Range", [g.Constant(0L), count, g.Constant(1L)]);
        c.Give(2, g.ReduceSum(g.Mul(c.Gradient, g.Cast(numbers, c.ElementType)), [], false));
    }

    private static void Dropout(GradientContext c)
    {
        bool? training = c.Has(2) ? c.Shapes.Flag(c.Node.In(2)) : false;
        if (training == false)
        {
            c.Give(0, c.Gradient);
            return;
        }
        GraphBuilder g = c.G;
        Value mask = c.DeclareOutput(1, "mask");
        Value kept = c.Has(1)
            ? c.Shapes.Scalar(c.Node.In(1)) is { } ratio ? c.Scalar(1 / (1 - ratio)) : g.Op("Reciprocal", [g.Sub(c.Scalar(1), c.Input(1))])
            : c.Scalar(2);
        if (training is null) kept = g.Where(c.Input(2), kept, c.Scalar(1));
        c.Give(0, g.Where(mask, g.Mul(c.Gradient, kept), c.Scalar(0)));
    }
}
