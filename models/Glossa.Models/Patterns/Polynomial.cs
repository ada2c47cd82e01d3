using Glossa.Models.Onnx;

namespace Glossa.Models.Patterns;

/// <summary>Reads a value as a polynomial of low degree in another value, through whatever products, sums and powers it is written with.</summary>
internal static class Polynomial
{
    /// <summary>Highest degree followed.</summary>
    public const int MaxDegree = 3;

    private const int MaxDepth = 8;

    /// <summary>Coefficients by degree, <see cref="MaxDegree"/> + 1 of them; null where <paramref name="value"/> is no such polynomial in <paramref name="x"/>.</summary>
    public static double[]? Of(PatternGraph graph, string value, string x) => Of(graph, value, x, 0);

    /// <summary>The values that <paramref name="value"/> may be a polynomial in, nearest first.</summary>
    public static IEnumerable<string> Variables(PatternGraph graph, string value)
    {
        HashSet<string> seen = [value];
        Queue<(string Value, int Depth)> open = new([(value, 0)]);
        while (open.TryDequeue(out (string Value, int Depth) next))
        {
            yield return next.Value;
            if (next.Depth == MaxDepth || graph.Index.Producer(next.Value) is not { OpType: "Mul" or "Add" or "Sub" or "Div" or "Pow" or "Neg" } node) continue;
            foreach (string input in node.Input)
            {
                if (seen.Add(input) && graph.Scalar(input) is null) open.Enqueue((input, next.Depth + 1));
            }
        }
    }

    private static double[]? Of(PatternGraph graph, string value, string x, int depth)
    {
        if (value == x) return Monomial(1, 1);
        if (graph.Scalar(value) is { } constant) return Monomial(constant, 0);
        if (depth == MaxDepth || graph.Index.Producer(value) is not { } node || node.Input.Count is 0 or > 2) return null;
        if (node.OpType is not ("Mul" or "Add" or "Sub" or "Div" or "Pow" or "Neg") || Of(graph, node.Input[0], x, depth + 1) is not { } a) return null;
        if (node.OpType == "Neg") return Array.ConvertAll(a, c => -c);
        if (Of(graph, node.Input[1], x, depth + 1) is not { } b) return null;
        double? scalar = b.Skip(1).All(c => c == 0) ? b[0] : null;
        return node.OpType switch
        {
            "Add" => [.. a.Zip(b, (p, q) => p + q)],
            "Sub" => [.. a.Zip(b, (p, q) => p - q)],
            "Mul" => Product(a, b),
            "Div" when scalar is { } divisor && divisor != 0 => Array.ConvertAll(a, c => c / divisor),
            "Pow" when scalar == 2 => Product(a, a),
            "Pow" when scalar == 3 && Product(a, a) is { } square => Product(square, a),
            _ => null,
        };
    }

    private static double[] Monomial(double factor, int degree)
    {
        double[] coefficients = new double[MaxDegree + 1];
        coefficients[degree] = factor;
        return coefficients;
    }

    private static double[]? Product(double[] a, double[] b)
    {
        double[] product = new double[MaxDegree + 1];
        for (int i = 0; i < a.Length; i++)
        {
            for (int j = 0; j < b.Length; j++)
            {
                if (a[i] == 0 || b[j] == 0) continue;
                if (i + j > MaxDegree) return null;
                product[i + j] += a[i] * b[j];
            }
        }
        return product;
    }
}
