using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Building;

/// <summary>One method per ONNX operator in use, so that graphs are written as expressions.</summary>
public static class GraphBuilderOperators
{
    /// <summary>Elementwise sum with broadcasting.</summary>
    public static Value Add(this GraphBuilder g, Value a, Value b, string? name = null) => g.Op("Add", [a, b], name);

    /// <summary>Elementwise difference with broadcasting.</summary>
    public static Value Sub(this GraphBuilder g, Value a, Value b, string? name = null) => g.Op("Sub", [a, b], name);

    /// <summary>Elementwise product with broadcasting.</summary>
    public static Value Mul(this GraphBuilder g, Value a, Value b, string? name = null) => g.Op("Mul", [a, b], name);

    /// <summary>Elementwise quotient with broadcasting.</summary>
    public static Value Div(this GraphBuilder g, Value a, Value b, string? name = null) => g.Op("Div", [a, b], name);

    /// <summary>Elementwise negation.</summary>
    public static Value Neg(this GraphBuilder g, Value a, string? name = null) => g.Op("Neg", [a], name);

    /// <summary>Matrix product, batched with broadcasting.</summary>
    public static Value MatMul(this GraphBuilder g, Value a, Value b, string? name = null) => g.Op("MatMul", [a, b], name);

    /// <summary>Axes permuted.</summary>
    public static Value Transpose(this GraphBuilder g, Value a, long[] permutation, string? name = null) =>
        g.Op("Transpose", [a], name, "", Attribute("perm", permutation));

    /// <summary>Same elements, another shape; 0 keeps a dimension, -1 takes the rest.</summary>
    public static Value Reshape(this GraphBuilder g, Value a, long[] shape, string? name = null) =>
        g.Op("Reshape", [a, g.Ints(shape)], name);

    /// <summary>Same elements in the shape that a value holds.</summary>
    public static Value Reshape(this GraphBuilder g, Value a, Value shape, string? name = null) => g.Op("Reshape", [a, shape], name);

    /// <summary>The shape as int64[rank].</summary>
    public static Value Shape(this GraphBuilder g, Value a, string? name = null) => g.Op("Shape", [a], name);

    /// <summary>Sum over axes; no axes means all.</summary>
    public static Value ReduceSum(this GraphBuilder g, Value a, long[] axes, bool keepDims, string? name = null) =>
        axes.Length == 0
            ? g.Op("ReduceSum", [a], name, "", Attribute("keepdims", keepDims ? 1 : 0))
            : g.Op("ReduceSum", [a, g.Ints(axes)], name, "", Attribute("keepdims", keepDims ? 1 : 0));

    /// <summary>Rows of <paramref name="data"/> along an axis.</summary>
    public static Value Gather(this GraphBuilder g, Value data, Value indices, long axis = 0, string? name = null) =>
        g.Op("Gather", [data, indices], name, "", Attribute("axis", axis));

    /// <summary>Softmax over one axis.</summary>
    public static Value Softmax(this GraphBuilder g, Value a, long axis = -1, string? name = null) =>
        g.Op("Softmax", [a], name, "", Attribute("axis", axis));

    /// <summary>Element type changed.</summary>
    public static Value Cast(this GraphBuilder g, Value a, TensorProto.Types.DataType type, string? name = null) =>
        g.Op("Cast", [a], name, "", Attribute("to", (long)type));

    /// <summary>Square root.</summary>
    public static Value Sqrt(this GraphBuilder g, Value a, string? name = null) => g.Op("Sqrt", [a], name);

    /// <summary>max(x, 0).</summary>
    public static Value Relu(this GraphBuilder g, Value a, string? name = null) => g.Op("Relu", [a], name);

    /// <summary>Elements of <paramref name="a"/> where the condition holds, of <paramref name="b"/> elsewhere.</summary>
    public static Value Where(this GraphBuilder g, Value condition, Value a, Value b, string? name = null) => g.Op("Where", [condition, a, b], name);

    /// <summary>Axes of length 1 inserted.</summary>
    public static Value Unsqueeze(this GraphBuilder g, Value a, long[] axes, string? name = null) => g.Op("Unsqueeze", [a, g.Ints(axes)], name);

    /// <summary>Axes of length 1 removed.</summary>
    public static Value Squeeze(this GraphBuilder g, Value a, long[] axes, string? name = null) => g.Op("Squeeze", [a, g.Ints(axes)], name);

    /// <summary>Values joined along an axis.</summary>
    public static Value Concat(this GraphBuilder g, ReadOnlySpan<Value> values, long axis, string? name = null) =>
        g.Op("Concat", values, name, "", Attribute("axis", axis));
}
