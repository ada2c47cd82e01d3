using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;
using ProtoDimension = Glossa.Models.Onnx.TensorShapeProto.Types.Dimension;

namespace Glossa.Training.Verification;

/// <summary>Drawn feeds for a transformer's graph, told by the names and types of its inputs.</summary>
internal static class SyntheticBatch
{
    private const int Batch = 6, Sequence = 6;

    /// <summary>Draws what the step is fed with; the same graph gives the same values.</summary>
    public static IReadOnlyList<FeedTensor> Create(ModelProto forward, StepModel step, LossKind loss, string? output)
    {
        HashSet<string> parameters = [.. step.Parameters.Select(parameter => parameter.Name)];
        GraphIndex index = new(forward.Graph);
        ShapeMap shapes = ShapeMap.Infer(forward.Graph);
        IReadOnlyList<Dimension>? logits = shapes.Shape(output ?? forward.Graph.Output[0].Name);
        int classes = logits is { Count: > 0 } && logits[^1].IsConstant ? (int)logits[^1].Value : 2;
        SeededRandom random = new(1);
        return [.. step.Model.Graph.Input.Where(input => !parameters.Contains(input.Name)).Select(input =>
        {
            DataType type = (DataType)input.Type.TensorType.ElemType;
            long[] shape = [.. input.Type.TensorType.Shape.Dim.Select(Size)];
            int count = checked((int)shape.Aggregate(1L, (a, b) => a * b));
            Array data = type == DataType.Float
                ? Enumerable.Range(0, count).Select(_ => (float)random.NextNormal()).ToArray()
                : Enumerable.Range(0, count).Select(i => Whole(input.Name, i, shape, loss, classes, index, random)).ToArray();
            return new FeedTensor(input.Name, type, shape, data);
        })];
    }

    private static long Size(ProtoDimension dimension, int axis)
    {
        if (dimension.ValueCase == ProtoDimension.ValueOneofCase.DimValue) return dimension.DimValue;
        if (axis == 0) return Batch;
        string name = dimension.DimParam;
        bool past = name.Contains("past", StringComparison.OrdinalIgnoreCase), total = name.Contains('+', StringComparison.Ordinal) || name.Contains("total", StringComparison.OrdinalIgnoreCase);
        return past && !total ? 0 : Sequence;
    }

    private static long Whole(string name, int i, long[] shape, LossKind loss, int classes, GraphIndex index, SeededRandom random)
    {
        long last = shape.Length > 0 ? shape[^1] : 1;
        if (name == StepModel.Labels) return loss != LossKind.SequenceClassification && i % 4 == 3 ? StepModel.IgnoredLabel : random.NextInt32(classes);
        // The second row is one shorter than the others.
        if (name.Contains("mask", StringComparison.Ordinal)) return shape.Length == 2 && i == (2 * last) - 1 ? 0 : 1;
        if (name.Contains("position", StringComparison.Ordinal)) return i % last;
        if (name.StartsWith("use_", StringComparison.Ordinal)) return 0;
        return random.NextInt32(Rows(index, name));
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
