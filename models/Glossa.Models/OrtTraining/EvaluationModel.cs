using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.OrtTraining;

/// <summary>The evaluation model: the forward graph as it is, with the loss behind it, so that the runtime can cut an inference model out of it.</summary>
internal static class EvaluationModel
{
    /// <summary>Writes it, parameters still initializers; what neither the loss nor an extra output reads is left out.</summary>
    /// <exception cref="InputException">As in <see cref="TrainingStep.Build(ImportedModel, StepOptions)"/>.</exception>
    public static ModelProto From(ImportedModel imported, StepOptions options)
    {
        ModelProto model = imported.Forward.Clone();
        GraphProto graph = model.Graph;
        string output = TrainingStep.OutputOf(graph, options);
        StepNames.Free(graph, imported.Parameters, ref output, options);
        ValueInfoProto[] extra = TrainingStep.ExtraOutputs(graph, options);
        ShapeMap shapes = ShapeMap.Infer(graph);
        // While the loss is attached, its input counts as an output: it is then computed from the graph's own value, not from a second head.
        ValueInfoProto[] read = [.. graph.Output.Where(info => info.Name == output)];
        graph.Output.Clear();
        graph.Output.AddRange(read);
        GraphBuilder g = new(graph);
        Value loss = Loss.Attach(new LossContext(g, shapes, output, options)).Loss;
        graph.Node.Add(new NodeProto { OpType = "Identity", Name = StepModel.Loss, Input = { loss.Name }, Output = { StepModel.Loss } });
        graph.Output.Clear();
        graph.Output.Add(OnnxFactory.ValueInfo(StepModel.Loss, DataType.Float));
        graph.Output.AddRange(extra);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
        return model;
    }
}
