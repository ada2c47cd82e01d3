using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Kernels.Rows;

/// <summary>The nodes that an instruction stands for.</summary>
internal static class RowOperations
{
    /// <summary>Name of the node that stands for the derivative of GELU while a graph is lowered.</summary>
    public const string GeluSlope = "GeluSlope";

    /// <summary>True where one instruction does what the runtime does in several passes, so that it is worth a program of its own.</summary>
    public static bool IsWhole(NodeProto node) => (node.Domain, node.OpType) is (FusedOperators.Domain, "Gelu") or (KernelOperators.Domain, GeluSlope);

    /// <summary>The instruction of a node, or null where there is none.</summary>
    public static RowOperation? Of(NodeProto node, ShapeMap shapes)
    {
        if (node.Output.Count != 1 || shapes.Type(node.Output[0]) != DataType.Float) return null;
        if (IsWhole(node)) return node.OpType == GeluSlope ? RowOperation.GeluSlope : RowOperation.Gelu;
        if (node.Domain is not ("" or "ai.onnx")) return null;
        return node.OpType switch
        {
            "Add" => RowOperation.Add,
            "Sub" => RowOperation.Sub,
            "Mul" => RowOperation.Mul,
            "Div" => RowOperation.Div,
            "Neg" => RowOperation.Neg,
            "Exp" => RowOperation.Exp,
            "Sqrt" => RowOperation.Sqrt,
            "Reciprocal" => RowOperation.Reciprocal,
            "Tanh" => RowOperation.Tanh,
            "Sigmoid" => RowOperation.Sigmoid,
            "ReduceSum" when IsColumnSum(node, shapes) => RowOperation.ColumnSum,
            "ReduceSum" when IsRowSum(node, shapes) => RowOperation.RowSum,
            _ => null,
        };
    }

    /// <summary>True for a sum over rows or columns.</summary>
    public static bool IsSum(NodeProto node) => node.OpType == "ReduceSum";

    /// <summary>True for a sum over all axes but the last, which goes away.</summary>
    public static bool IsColumnSum(NodeProto node, ShapeMap shapes) =>
        IsSum(node) && node.AttributeInt("keepdims", 1) == 0 && Axes(node, shapes) is { } axes && shapes.Rank(node.Input[0]) is > 1 and var rank
        && axes.Length == rank - 1 && axes.Order().Select((axis, i) => axis == i).All(leading => leading);

    /// <summary>The values that a node computes with; the axes of a sum are none.</summary>
    public static IEnumerable<string> Operands(NodeProto node) => IsSum(node) ? node.Input.Take(1) : node.Input;

    private static bool IsRowSum(NodeProto node, ShapeMap shapes) =>
        node.AttributeInt("keepdims", 1) == 1 && Axes(node, shapes) is [var axis] && axis == shapes.Rank(node.Input[0]) - 1;

    private static long[]? Axes(NodeProto node, ShapeMap shapes)
    {
        int rank = shapes.Rank(node.In(0));
        long[]? axes = node.In(1).Length > 0 ? shapes.Integers(node.In(1)) : node.AttributeInts("axes");
        return axes is null || rank < 1 ? null : Array.ConvertAll(axes, axis => axis < 0 ? axis + rank : axis);
    }
}
