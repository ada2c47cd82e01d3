using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Training.Kernels.Rows;

/// <summary>
/// The derivative of GELU as the gradient rule writes it, (erf u + e^(k - u^2) u + 1) / 2 with u = x / sqrt 2 and k = ln(2 / sqrt pi), as one node.
/// </summary>
internal static class GeluSlopes
{
    private const float SqrtHalf = 0.70710678f, LogTwoOverSqrtPi = 0.12078224f, Near = 1e-6f;

    /// <summary>Rewrites a graph of known shapes.</summary>
    public static void Apply(GraphProto graph, ShapeMap shapes)
    {
        GraphIndex index = new(graph);
        foreach (NodeProto erf in graph.Node.Where(node => node.OpType == "Erf").ToArray())
        {
            if (Scaled(index, shapes, erf.Input[0], SqrtHalf) is not { } x || Only(index, erf.Output[0], "Add") is not { } sum) continue;
            if (!IsSlant(index, shapes, Other(sum, erf.Output[0]), erf.Input[0])) continue;
            if (Only(index, sum.Output[0], "Add") is not { } whole || !Is(shapes, Other(whole, sum.Output[0]), 1)) continue;
            if (Only(index, whole.Output[0], "Mul") is not { } half || !Is(shapes, Other(half, whole.Output[0]), 0.5f)) continue;
            (half.OpType, half.Domain) = (RowOperations.GeluSlope, KernelOperators.Domain);
            half.Input.Clear();
            half.Input.Add(x);
        }
        GraphCleaning.DropUnread(graph);
    }

    // e^(k - u^2) u
    private static bool IsSlant(GraphIndex index, ShapeMap shapes, string value, string u)
    {
        if (index.Producer(value, "Mul") is not { } product || index.Producer(Other(product, u), "Exp") is not { } exponential || !product.Input.Contains(u)) return false;
        return index.Producer(exponential.Input[0], "Sub") is { } difference && Is(shapes, difference.Input[0], LogTwoOverSqrtPi)
            && index.Producer(difference.Input[1], "Mul") is { } square && square.Input[0] == u && square.Input[1] == u;
    }

    private static string? Scaled(GraphIndex index, ShapeMap shapes, string value, float factor) =>
        index.Producer(value, "Mul") is { } product ? Is(shapes, product.Input[1], factor) ? product.Input[0] : Is(shapes, product.Input[0], factor) ? product.Input[1] : null : null;

    private static NodeProto? Only(GraphIndex index, string value, string operation) =>
        index.IsReadOnce(value) && index.Consumers(value).First() is var reader && reader.OpType == operation ? reader : null;

    private static string Other(NodeProto node, string value) => node.Input[0] == value ? node.Input[1] : node.Input[0];

    private static bool Is(ShapeMap shapes, string value, float expected) => shapes.Scalar(value) is { } scalar && MathF.Abs(scalar - expected) <= Near;
}
