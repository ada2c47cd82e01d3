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
        for (int i = 0; i < terms.Length; i++)
        {
            if (c.Wants(i)) c.Give(i, Gradient(c, terms, output, i));
        }
    }

    private static Value Gradient(GradientContext c, string[] terms, string output, int operand)
    {
        GraphBuilder g = c.G;
        string term = terms[operand], indices = string.Concat(term.Distinct());
        int[] others = [.. Enumerable.Range(0, terms.Length).Where(i => i != operand)];
        string[] sources = [output, .. others.Select(i => terms[i])];
        string reached = string.Concat(indices.Where(index => sources.Any(s => s.Contains(index, StringComparison.Ordinal))));
        Value product = others.Length == 0 && output == reached
            ? c.Gradient
            : g.Op("Einsum", [c.Gradient, .. others.Select(c.Input)], null, "", OnnxFactory.Attribute("equation", string.Join(",", sources) + "->" + reached));
        // One axis per axis of the operand: ones for indices that it had alone and for the second place of an index that it reads on its diagonal.
        long[] added = [.. Enumerable.Range(0, term.Length).Where(d => term.IndexOf(term[d], StringComparison.Ordinal) != d || !reached.Contains(term[d], StringComparison.Ordinal)).Select(d => (long)d)];
        if (added.Length > 0) product = g.Unsqueeze(product, added);
        product = Summed(c, product, terms, reached, operand);
        for (int d = 0; d < term.Length; d++)
        {
            int first = term.IndexOf(term[d], StringComparison.Ordinal);
            if (first != d) product = g.Where(Diagonal(c, c.Input(operand), first, d, term.Length), product, c.Scalar(0));
        }
        return reached.Length < indices.Length ? g.Op("Expand", [product, ShapeRules.ShapeValue(c, c.Input(operand))]) : product;
    }

    /// <summary>True where two axes have the same index, ones along the other axes.</summary>
    private static Value Diagonal(GradientContext c, Value x, int first, int second, int rank)
    {
        GraphBuilder g = c.G;
        Value size = g.Squeeze(ShapeRules.Size(c, x, first), [0]);
        Value numbers = g.Op("Range", [g.Constant(0L), size, g.Constant(1L)]);
        Value Along(int axis)
        {
            long[] shape = [.. Enumerable.Repeat(1L, rank)];
            shape[axis] = -1;
            return g.Reshape(numbers, shape);
        }
        return g.Op("Equal", [Along(first), Along(second)]);
    }

    /// <summary>Sums over an index along which this operand has size 1 and another one more: now where that is known, otherwise when the graph runs.</summary>
    private static Value Summed(GradientContext c, Value gradient, string[] terms, string reached, int operand)
    {
        string term = terms[operand];
        List<long> axes = [];
        bool unsure = false;
        for (int d = 0; d < term.Length; d++)
        {
            if (!reached.Contains(term[d], StringComparison.Ordinal) || term.IndexOf(term[d], StringComparison.Ordinal) != d) continue;
            Dimension size = c.ShapeOf(c.Input(operand))![d];
            if (Sizes(c, terms, term[d]).All(size.Equals)) continue;
            if (size.Is(1)) axes.Add(d);
            else if (!size.IsConstant) unsure = true;
        }
        Value sum = axes.Count == 0 ? gradient : c.G.ReduceSum(gradient, [.. axes], true);
        return unsure && term.Distinct().Count() == term.Length && reached.Length == term.Length ? Broadcasting.ReduceAtRunTime(c.G, sum, c.Input(operand)) : sum;
    }

    private static IEnumerable<Dimension> Sizes(GradientContext c, string[] terms, char index)
    {
        for (int i = 0; i < terms.Length; i++)
        {
            int at = terms[i].IndexOf(index, StringComparison.Ordinal);
            if (at >= 0) yield return c.ShapeOf(c.Input(i))![at];
        }
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
