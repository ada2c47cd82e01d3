using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Verification;

/// <summary>Drawn feeds for a training step: those of its forward graph, and labels.</summary>
internal static class SyntheticBatch
{
    private static readonly SyntheticInputs Sizes = new(6, 6);

    /// <summary>Draws what the step is fed with; the same graph gives the same values.</summary>
    public static IReadOnlyList<FeedTensor> Create(ModelProto forward, StepModel step, LossKind loss, string? output)
    {
        HashSet<string> parameters = [.. step.Parameters.Select(parameter => parameter.Name)];
        GraphIndex index = new(forward.Graph);
        ShapeMap shapes = ShapeMap.Infer(forward.Graph);
        IReadOnlyList<Dimension>? logits = shapes.Shape(output ?? forward.Graph.Output[0].Name);
        int classes = logits is { Count: > 0 } && logits[^1].IsConstant ? (int)logits[^1].Value : 2;
        SeededRandom random = new(1);
        return [.. step.Model.Graph.Input.Where(input => !parameters.Contains(input.Name))
            .Select(input => input.Name == StepModel.Labels ? Labels(input, loss, classes, random) : Sizes.Draw(input, index, random))];
    }

    private static FeedTensor Labels(ValueInfoProto input, LossKind loss, int classes, SeededRandom random)
    {
        long[] shape = Sizes.Shape(input);
        long[] labels = new long[checked((int)shape.Aggregate(1L, (a, b) => a * b))];
        for (int i = 0; i < labels.Length; i++)
            labels[i] = loss != LossKind.SequenceClassification && i % 4 == 3 ? StepModel.IgnoredLabel : random.NextInt32(classes);
        return new FeedTensor(input.Name, (DataType)input.Type.TensorType.ElemType, shape, labels);
    }
}
