using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Patterns;

/// <summary>
/// Activations of the form x * (a + b f(p(x))): GELU by erf and by tanh, SiLU and quick GELU. The polynomial p and the factor may be written in any way
/// (Div by sqrt 2 or Mul by its inverse, one half before or after, x^3 by Pow or by products); what counts is what they amount to.
/// </summary>
internal static class Activations
{
    private const double SqrtHalf = 0.70710678118654752, SqrtTwoOverPi = 0.79788456080286536, CubicTerm = 0.044715;

    /// <summary>Rewrites the graph into Gelu, FastGelu and QuickGelu of the runtime's domain, which exist whatever the graph's operator set is.</summary>
    public static PatternCounts Apply(PatternGraph graph, PatternCounts counts)
    {
        foreach (NodeProto node in graph.Nodes("Erf", "Tanh", "Sigmoid"))
        {
            if (!graph.IsFloat(node.Output[0])) continue;
            foreach (string x in Polynomial.Variables(graph, node.Input[0]))
            {
                if (Polynomial.Of(graph, node.Input[0], x) is not { } inner || Gated(graph, node.Output[0], x) is not { } outer) continue;
                if (Operator(node.OpType, inner, outer) is not { } found) continue;
                graph.Replace(outer.Value, graph.Add(found.Name, [new Value(x)], outer.Value + ".activation", FusedOperators.Domain, found.Attributes));
                counts = found.Name switch
                {
                    "Gelu" => counts with { ErfGelus = counts.ErfGelus + 1 },
                    "FastGelu" => counts with { TanhGelus = counts.TanhGelus + 1 },
                    _ => counts with { Swishes = counts.Swishes + 1 },
                };
                break;
            }
        }
        return counts;
    }

    private static (string Name, AttributeProto[] Attributes)? Operator(string function, double[] p, (double Constant, double Factor, string Value) outer) => function switch
    {
        "Erf" when Half(outer) && Like(p, 0, SqrtHalf, 0, 0) => ("Gelu", []),
        "Tanh" when Half(outer) && Like(p, 0, SqrtTwoOverPi, 0, SqrtTwoOverPi * CubicTerm) => ("FastGelu", []),
        "Sigmoid" when PatternGraph.Near(outer.Constant, 0) && PatternGraph.Near(outer.Factor, 1) && p[1] != 0 && Like(p, 0, p[1], 0, 0)
            => ("QuickGelu", [OnnxFactory.Attribute("alpha", (float)p[1])]),
        _ => null,
    };

    private static bool Half((double Constant, double Factor, string Value) outer) => PatternGraph.Near(outer.Constant, 0.5) && PatternGraph.Near(outer.Factor, 0.5);

    private static bool Like(double[] p, params ReadOnlySpan<double> expected)
    {
        for (int i = 0; i < p.Length; i++)
        {
            if (!PatternGraph.Near(p[i], expected[i])) return false;
        }
        return true;
    }

    /// <summary>Follows f through constants until it has been multiplied by x: the last value that is x (constant + factor f).</summary>
    private static (double Constant, double Factor, string Value)? Gated(PatternGraph graph, string f, string x)
    {
        double constant = 0, factor = 1;
        bool multiplied = false;
        (double, double, string)? last = null;
        for (string value = f; graph.OnlyReader(value) is { } reader && reader.OpType is "Add" or "Mul" or "Div"; value = reader.Output[0])
        {
            if (PatternGraph.Other(reader, value) is not { } operand || (reader.OpType == "Div" && reader.Input[1] == value)) break;
            if (Polynomial.Of(graph, operand, x) is not { } by || by[2] != 0 || by[3] != 0) break;
            bool scalar = by[1] == 0, linear = by[0] == 0;
            if (reader.OpType == "Mul" && (scalar || (linear && !multiplied))) (constant, factor, multiplied) = Scaled(scalar ? by[0] : by[1], multiplied || !scalar);
            else if (reader.OpType == "Div" && scalar && by[0] != 0) (constant, factor, multiplied) = Scaled(1 / by[0], multiplied);
            else if (reader.OpType == "Add" && (multiplied ? linear : scalar)) constant += multiplied ? by[1] : by[0];
            else break;
            if (!multiplied) continue;
            // The operators are complete at one of these values; a constant behind them belongs to what follows.
            last = (constant, factor, reader.Output[0]);
            bool complete = PatternGraph.Near(constant, 0) ? PatternGraph.Near(factor, 1) : PatternGraph.Near(constant, 0.5) && PatternGraph.Near(factor, 0.5);
            if (complete) break;
        }
        return last;

        (double, double, bool) Scaled(double by, bool times) => (constant * by, factor * by, times);
    }
}
