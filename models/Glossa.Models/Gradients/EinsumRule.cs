using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>
/// Einsum of any number of operands: the gradient of an operand is the product of the gradient and the other operands, indexed as the
/// operand; an index that stands in it alone was summed, so its gradient is repeated along it.
/// </summary>
internal static class EinsumRule
{
    internal static void Apply(GradientContext c)
    {
        (string[] terms, string output) = Parse(c);
        foreach (string term in terms)
        {
            if (term.Distinct().Count() != term.Length) throw c.Unsupported($"the diagonal '{term}'", "write it as a product with an identity matrix");
        }
        for (int i = 0; i < terms.Length; i++)
        {
            if (c.Wants(i)) c.Give(i, Gradient(c, terms, output, i));
        }
    }

    private static Value Gradient(GradientContext c, string[] terms, string output, int operand)
    {
        GraphBuilder g = c.G;
        string term = terms[operand];
        int[] others = [.. Enumerable.Range(0, terms.Length).Where(i => i != operand)];
        string[] sources = [output, .. others.Select(i => terms[i])];
        string reached = string.Concat(term.Where(index => sources.Any(s => s.Contains(index, StringComparison.Ordinal))));
        Value product = others.Length == 0 && output == reached
            ? c.Gradient
            : g.Op("Einsum", [c.Gradient, .. others.Select(c.Input)], null, "", OnnxFactory.Attribute("equation", string.Join(",", sources) + "->" + reached));
        if (reached.Length < term.Length)
        {
            Value kept = g.Unsqueeze(product, [.. Enumerable.Range(0, term.Length).Where(d => !reached.Contains(term[d], StringComparison.Ordinal)).Select(d => (long)d)]);
            // Sizes of one that stand for repeated ones are summed before the rest is repeated.
            return g.Op("Expand", [Summed(c, kept, terms, term, reached, operand), ShapeRules.ShapeValue(c, c.Input(operand))]);
        }
        return Summed(c, product, terms, term, reached, operand);
    }

    /// <summary>Sums over an index along which this operand has size 1 and another one more.</summary>
    private static Value Summed(GradientContext c, Value gradient, string[] terms, string term, string reached, int operand)
    {
        List<long> axes = [];
        for (int d = 0; d < term.Length; d++)
        {
            if (!reached.Contains(term[d], StringComparison.Ordinal)) continue;
            if (c.ShapeOf(c.Input(operand))![d].Is(1) && !OthersAreOne(c, terms, term[d])) axes.Add(d);
        }
        return axes.Count == 0 ? gradient : c.G.ReduceSum(gradient, [.. axes], true);
    }

    private static bool OthersAreOne(GradientContext c, string[] terms, char index)
    {
        for (int i = 0; i < terms.Length; i++)
        {
            int at = terms[i].IndexOf(index, StringComparison.Ordinal);
            if (at >= 0 && !c.ShapeOf(c.Input(i))![at].Is(1)) return false;
        }
        return true;
    }

    /// <summary>The terms with one letter per axis (an ellipsis spelled out) and the output's, found where it is not written.</summary>
    private static (string[] Terms, string Output) Parse(GradientContext c)
    {
        string equation = c.Node.AttributeText("equation", "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->"), terms = sides[0].Split(',');
        string free = string.Concat("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".Where(letter => !equation.Contains(letter, StringComparison.Ordinal)));
        int hidden = 0;
        for (int i = 0; i < terms.Length; i++)
        {
            if (!terms[i].Contains("...", StringComparison.Ordinal)) continue;
            int count = c.RankOf(c.Input(i)) - (terms[i].Length - 3);
            hidden = Math.Max(hidden, count);
        }
        if (hidden > free.Length) throw c.Unsupported($"the equation '{equation}'", "use fewer indices");
        for (int i = 0; i < terms.Length; i++)
        {
            int count = Math.Max(0, c.RankOf(c.Input(i)) - (terms[i].Length - 3));
            // Axes behind an ellipsis are matched from the right.
            terms[i] = terms[i].Replace("...", free[(hidden - Math.Min(count, hidden))..hidden], StringComparison.Ordinal);
        }
        string joined = string.Concat(terms);
        string output = sides.Length > 1
            ? sides[1].Replace("...", free[..hidden], StringComparison.Ordinal)
            : free[..hidden] + string.Concat(joined.Where(l => !free[..hidden].Contains(l, StringComparison.Ordinal) && joined.Count(x => x == l) == 1).Order());
        return (terms, output);
    }
}
