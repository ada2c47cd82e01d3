using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.OrtTraining;

/// <summary>
/// Turns a training step into a training model: parameters, frozen ones too, are inputs, and every gradient is added to a buffer that the runtime keeps.
/// </summary>
internal static class TrainingModel
{
    private const string Accumulator = "InPlaceAccumulatorV2";

    /// <summary>Rewrites the step's model, which has the frozen parameters among its inputs already.</summary>
    /// <param name="step">The step.</param>
    /// <param name="parameters">All parameters, in the order of the model's inputs; those of the step are trained.</param>
    public static ModelProto From(StepModel step, IReadOnlyList<ImportedParameter> parameters)
    {
        ModelProto model = step.Model;
        GraphProto graph = model.Graph;
        (string Name, long[] Shape)[] trained = [.. parameters.Select(p => step.Parameters.FirstOrDefault(t => t.Name == p.Name)).Where(t => t.Name is not null)];
        StepNames.Free(graph, trained.Select(p => ArtifactNames.Gradient(p.Name)).Concat(trained.Select(p => ArtifactNames.Accumulated(p.Name))).ToHashSet());
        ArtifactGraph.MakeInputs(graph, parameters);
        StepMetadata.WriteInputs(model, graph.Input.Take(graph.Input.Count - parameters.Count).Select(input => input.Name));
        foreach ((string name, long[] shape) in trained) graph.Input.Add(OnnxFactory.ValueInfo(ArtifactNames.Buffer(name), DataType.Float, ArtifactGraph.Dimensions(shape)));
        graph.Input.Add(OnnxFactory.ValueInfo(ArtifactNames.LazyReset, DataType.Bool, 1));
        Rename(graph, trained.ToDictionary(p => StepModel.Gradient(p.Name), p => ArtifactNames.Gradient(p.Name)));
        ValueInfoProto[] kept = [.. graph.Output.Take(graph.Output.Count - trained.Length)];
        graph.Output.Clear();
        graph.Output.AddRange(kept);
        foreach ((string name, _) in trained) Accumulate(graph, name);
        return model;
    }

    private static void Accumulate(GraphProto graph, string parameter)
    {
        string done = ArtifactNames.Accumulated(parameter);
        graph.Node.Add(new NodeProto
        {
            OpType = Accumulator,
            Domain = RuntimeOperators.Microsoft,
            Name = done,
            Input = { ArtifactNames.Buffer(parameter), ArtifactNames.Gradient(parameter), ArtifactNames.LazyReset },
            Output = { done },
        });
        graph.Output.Add(OnnxFactory.ValueInfo(done, DataType.Bool, 1));
    }

    private static void Rename(GraphProto graph, Dictionary<string, string> gradients)
    {
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++) node.Input[i] = gradients.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++) node.Output[i] = gradients.GetValueOrDefault(node.Output[i], node.Output[i]);
        }
    }
}
