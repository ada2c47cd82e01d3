using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Patterns;

/// <summary>
/// Layer normalization, (x - mean) / sqrt(variance + epsilon) * gain + bias, and its variant without a mean, in any of the orders in which exporters write them:
/// the root by Sqrt or Pow, the quotient by Div or a reciprocal, gain and bias there or not.
/// </summary>
internal static class Normalizations
{
    /// <summary>Rewrites the graph into LayerNormalization and SimplifiedLayerNormalization.</summary>
    public static PatternCounts Apply(PatternGraph graph, PatternCounts counts)
    {
        foreach (NodeProto sum in graph.Nodes("Add"))
        {
            if (Match(graph, sum) is not { } match) continue;
            Write(graph, match);
            counts = match.Centred ? counts with { LayerNorms = counts.LayerNorms + 1 } : counts with { RmsNorms = counts.RmsNorms + 1 };
        }
        foreach (NodeProto norm in graph.Nodes("RMSNormalization"))
        {
            if (Simplify(graph, norm)) counts = counts with { RmsNorms = counts.RmsNorms + 1 };
        }
        return counts;
    }

    /// <param name="X">What is normalised.</param>
    /// <param name="Value">The value before gain and bias.</param>
    /// <param name="Axis">First normalised axis, counted from the end.</param>
    /// <param name="Epsilon">What is added to the variance.</param>
    /// <param name="Centred">Whether the mean is subtracted.</param>
    private sealed record Normalized(string X, string Value, int Axis, float Epsilon, bool Centred);

    // From the sum of variance and epsilon, upwards to x and downwards to the quotient.
    private static Normalized? Match(PatternGraph graph, NodeProto sum)
    {
        if (sum.Input.Count != 2 || !graph.IsFloat(sum.Output[0])) return null;
        int constant = graph.Scalar(sum.Input[1]) is not null ? 1 : 0;
        if (graph.Scalar(sum.Input[constant]) is not { } epsilon || epsilon is < 0 or > 0.1) return null;
        if (graph.Made(sum.Input[1 - constant], "ReduceMean") is not { } variance || TrailingAxes(graph, variance) is not { } axis) return null;
        if (Squared(graph, variance.Input[0]) is not { } deviation) return null;
        if (Quotient(graph, sum.Output[0], deviation) is not { } normalized) return null;
        bool centred = graph.Made(deviation, "Sub") is { } difference && graph.Made(difference.Input[1], "ReduceMean") is { } mean
            && mean.Input[0] == difference.Input[0] && TrailingAxes(graph, mean) == axis;
        return new Normalized(centred ? graph.Index.Producer(deviation)!.Input[0] : deviation, normalized, axis, (float)epsilon, centred);
    }

    /// <summary>The first of the axes, counted from the end, where the node reduces the last axes and keeps them as ones.</summary>
    private static int? TrailingAxes(PatternGraph graph, NodeProto node)
    {
        int rank = graph.Shapes.Rank(node.Input[0]);
        long[]? axes = node.In(1).Length > 0 ? graph.Shapes.Integers(node.In(1)) : node.AttributeInts("axes");
        if (rank < 1 || axes is not { Length: > 0 } || node.AttributeInt("keepdims", 1) == 0) return null;
        long[] sorted = [.. axes.Select(a => a < 0 ? a : a - rank).Order()];
        return sorted.Select((a, i) => a == i - sorted.Length).All(trailing => trailing) ? (int)sorted[0] : null;
    }

    private static string? Squared(PatternGraph graph, string value) =>
        graph.Made(value, "Pow") is { } power && graph.Is(power.Input[1], 2) ? power.Input[0]
        : graph.Made(value, "Mul") is { } product && product.Input[0] == product.Input[1] ? product.Input[0]
        : null;

    /// <summary>The value deviation / sqrt(sum), however the root and the quotient are written.</summary>
    private static string? Quotient(PatternGraph graph, string sum, string deviation)
    {
        if (graph.OnlyReader(sum) is not { } root) return null;
        if (root.OpType == "Pow" && root.Input[0] == sum)
        {
            if (graph.Is(root.Input[1], -0.5)) return Product(graph, root.Output[0], deviation);
            return graph.Is(root.Input[1], 0.5) ? DividedBy(graph, root.Output[0], deviation) : null;
        }
        if (root.OpType == "Sqrt") return DividedBy(graph, root.Output[0], deviation);
        if (root.OpType == "Reciprocal" && graph.OnlyReader(root.Output[0]) is { OpType: "Sqrt" } inverse) return Product(graph, inverse.Output[0], deviation);
        return null;
    }

    private static string? DividedBy(PatternGraph graph, string root, string deviation)
    {
        if (graph.OnlyReader(root) is not { } reader) return null;
        if (reader.OpType == "Reciprocal") return Product(graph, reader.Output[0], deviation);
        if (reader.OpType != "Div" || reader.Input[1] != root) return null;
        return reader.Input[0] == deviation ? reader.Output[0] : graph.Is(reader.Input[0], 1) ? Product(graph, reader.Output[0], deviation) : null;
    }

    private static string? Product(PatternGraph graph, string inverse, string deviation) =>
        graph.OnlyReader(inverse) is { OpType: "Mul" } product && PatternGraph.Other(product, inverse) == deviation ? product.Output[0] : null;

    private static void Write(PatternGraph graph, Normalized norm)
    {
        IReadOnlyList<Dimension>? shape = graph.Shapes.Shape(norm.X);
        if (shape is null) return;
        Dimension[] normalized = [.. shape.Skip(shape.Count + norm.Axis)];
        string value = norm.Value;
        Value? gain = Affine(graph, "Mul", normalized, ref value), bias = null;
        if (norm.Centred && gain is not null) bias = Affine(graph, "Add", normalized, ref value);
        if (gain is null)
        {
            if (!normalized.All(d => d.IsConstant)) return;
            gain = Ones(graph, [.. normalized.Select(d => d.Value)]);
        }
        AttributeProto[] attributes = [OnnxFactory.Attribute("axis", (long)norm.Axis), OnnxFactory.Attribute("epsilon", norm.Epsilon), OnnxFactory.Attribute("stash_type", 1L)];
        Value x = new(norm.X);
        Value written = graph.Add(norm.Centred ? "LayerNormalization" : "SimplifiedLayerNormalization",
            bias is { } shift ? [x, gain.Value, shift] : [x, gain.Value], value + ".norm", "", attributes);
        graph.Replace(value, written);
    }

    // The operand of the only reader, where it has the shape of the normalised axes.
    private static Value? Affine(PatternGraph graph, string operation, Dimension[] normalized, ref string value)
    {
        if (graph.OnlyReader(value) is not { } reader || reader.OpType != operation || PatternGraph.Other(reader, value) is not { } operand) return null;
        if (graph.Shapes.Shape(operand) is not { } shape || !graph.IsFloat(operand)) return null;
        int extra = shape.Count - normalized.Length;
        if (extra < 0 || !shape.Take(extra).All(d => d.Is(1)) || !shape.Skip(extra).SequenceEqual(normalized)) return null;
        if (extra > 0 && !normalized.All(d => d.IsConstant)) return null;
        value = reader.Output[0];
        return extra == 0 ? new Value(operand) : graph.Add("Reshape", [new Value(operand), graph.G.Ints([.. normalized.Select(d => d.Value)])], operand + ".row");
    }

    private static Value Ones(PatternGraph graph, long[] shape)
    {
        string name = "const.ones_" + string.Join("x", shape);
        if (graph.Graph.Initializer.Any(i => i.Name == name)) return new Value(name);
        float[] data = new float[shape.Aggregate(1L, (a, b) => a * b)];
        data.AsSpan().Fill(1);
        Value ones = graph.G.Initializer(OnnxFactory.Tensor(name, shape, data));
        graph.Shapes.Extend(graph.Graph);
        return ones;
    }

    /// <summary>RMSNormalization-23 as the runtime's own operator, which hands out 1/rms for the gradient.</summary>
    private static bool Simplify(PatternGraph graph, NodeProto norm)
    {
        if (!graph.IsFloat(norm.Input[0]) || norm.AttributeInt("stash_type", 1) != (long)DataType.Float) return false;
        // The standard lets a gain broadcast; the runtime's operator wants it whole.
        if (graph.Shapes.Shape(norm.Input[0]) is not { } x || graph.Shapes.Shape(norm.Input[1]) is not { } gain) return false;
        long axis = norm.AttributeInt("axis", -1);
        if (!gain.SequenceEqual(x.Skip((int)(axis < 0 ? axis + x.Count : axis)))) return false;
        Value written = graph.Add("SimplifiedLayerNormalization", [new Value(norm.Input[0]), new Value(norm.Input[1])], norm.Output[0] + ".norm", "",
            OnnxFactory.Attribute("axis", axis), OnnxFactory.Attribute("epsilon", norm.AttributeFloat("epsilon", 1e-5f)),
            OnnxFactory.Attribute("stash_type", 1L));
        graph.Replace(norm.Output[0], written);
        return true;
    }
}
