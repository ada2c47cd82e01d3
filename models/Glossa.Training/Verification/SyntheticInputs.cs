using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;
using ProtoDimension = Glossa.Models.Onnx.TensorShapeProto.Types.Dimension;

namespace Glossa.Training.Verification;

/// <summary>Drawn values for the inputs of a transformer's graph, told by their names and types; the same graph and sizes give the same values.</summary>
/// <param name="Batch">Rows.</param>
/// <param name="Sequence">New tokens of a row.</param>
/// <param name="Past">Tokens in the key-value cache, where the graph has one.</param>
public sealed record SyntheticInputs(int Batch, int Sequence, int Past = 0)
{
    /// <summary>A tensor for every input of a graph: ids of its vocabulary, masks with one padded position in the second row, positions, normal draws.</summary>
    /// <exception cref="InputException">An input is of a kind that cannot be drawn.</exception>
    public IReadOnlyList<FeedTensor> For(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        GraphIndex index = new(graph);
        SeededRandom random = new(1);
        HashSet<string> initializers = [.. graph.Initializer.Select(tensor => tensor.Name)];
        return [.. graph.Input.Where(input => !initializers.Contains(input.Name)).Select(input => Draw(input, index, random))];
    }

    internal FeedTensor Draw(ValueInfoProto input, GraphIndex index, SeededRandom random)
    {
        long[] shape = Shape(input);
        DataType type = (DataType)input.Type.TensorType.ElemType;
        int count = checked((int)shape.Aggregate(1L, (a, b) => a * b));
        int rows = Rows(index, input.Name);
        Array data = type is DataType.Float or DataType.Float16 or DataType.Double
            ? Enumerable.Range(0, count).Select(_ => (float)random.NextNormal()).ToArray()
            : Enumerable.Range(0, count).Select(i => Whole(input.Name, i, shape) ?? random.NextInt32(rows)).ToArray();
        return new FeedTensor(input.Name, type, shape, data);
    }

    internal long[] Shape(ValueInfoProto input) => input.Type?.TensorType is { Shape: { } dimensions }
        ? [.. dimensions.Dim.Select(Size)]
        : throw new InputException($"the graph's input '{input.Name}' is no tensor of known rank", fix: "export the model again with named axes");

    private long Size(ProtoDimension dimension, int axis)
    {
        if (dimension.ValueCase == ProtoDimension.ValueOneofCase.DimValue) return dimension.DimValue;
        if (axis == 0) return Batch;
        string name = dimension.DimParam;
        bool past = name.Contains("past", StringComparison.OrdinalIgnoreCase), total = name.Contains('+', StringComparison.Ordinal) || name.Contains("total", StringComparison.OrdinalIgnoreCase);
        return total ? Past + Sequence : past ? Past : Sequence;
    }

    /// <summary>The value that an input's name asks for; null for ids, which are drawn.</summary>
    private long? Whole(string name, int i, long[] shape)
    {
        long last = shape.Length > 0 ? shape[^1] : 1;
        // The second row is one shorter than the others.
        if (name.Contains("mask", StringComparison.Ordinal)) return shape.Length == 2 && i == (2 * last) - 1 ? 0 : 1;
        if (name.Contains("position", StringComparison.Ordinal)) return Past + (i % last);
        return name.StartsWith("use_", StringComparison.Ordinal) ? 0 : null;
    }

    /// <summary>How many rows the table has in which an input's ids are looked up.</summary>
    private static int Rows(GraphIndex index, string input)
    {
        Queue<string> open = new([input]);
        while (open.TryDequeue(out string? value))
        {
            foreach (NodeProto node in index.Consumers(value))
            {
                if (node.OpType == "Gather" && node.Input[1] == value && index.Initializer(node.Input[0]) is { Dims.Count: > 0 } table) return (int)Math.Min(table.Dims[0], int.MaxValue);
                if (node.OpType is "Cast" or "Identity" or "Reshape" or "Unsqueeze" or "Squeeze" or "Flatten" && node.Input[0] == value) open.Enqueue(node.Output[0]);
            }
        }
        return 2;
    }
}
