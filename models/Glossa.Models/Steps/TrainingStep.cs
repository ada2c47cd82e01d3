using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Steps;

/// <summary>Makes the training step of a forward graph: loss, gradients of every trainable initializer, nothing but ordinary ONNX nodes.</summary>
public static class TrainingStep
{
    /// <summary>Builds the step; <paramref name="forward"/> itself is not changed. Its first output holds the logits.</summary>
    /// <exception cref="InputException">The graph has no trainable initializer that reaches the loss, or an operator without a gradient.</exception>
    public static StepModel Build(ModelProto forward, StepOptions options)
    {
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(options);
        ModelProto model = forward.Clone();
        GraphProto graph = model.Graph;
        string logits = graph.Output[0].Name;
        graph.Output.Clear();
        GraphBuilder g = new(graph);
        (Value loss, Dictionary<string, Value> seeds) = new CrossEntropyHead(g, options).Attach(logits);

        string[] trainable = [.. graph.Initializer.Where(i => IsTrainable(i) && !options.IsFrozen(i.Name)).Select(i => i.Name)];
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, seeds, trainable, ShapeMap.Infer(model));
        List<(string Name, long[] Shape)> parameters = [.. graph.Initializer
            .Where(i => gradients.ContainsKey(i.Name)).Select(i => (i.Name, i.Dims.ToArray()))];
        if (parameters.Count == 0)
            throw new InputException("no trainable initializer reaches the loss", fix: "check the loss and the frozen patterns");

        NameOutput(graph, loss, StepModel.Loss, []);
        foreach ((string name, long[] shape) in parameters) NameOutput(graph, gradients[name], StepModel.Gradient(name), shape);
        TurnIntoInputs(graph, parameters);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.MergeEqualNodes(graph);
        if (options.FusedOperators) StepFusions.Apply(graph);
        if (options.Accumulate) GradientAccumulation.Apply(graph, parameters);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
        ImportDomains(model);
        return new StepModel(model, parameters);
    }

    // Rotary tables, gains of one and masks are constants; so is everything that is no float matrix or vector.
    private static bool IsTrainable(TensorProto initializer) =>
        initializer.DataType == (int)DataType.Float && initializer.Dims.Count > 0
        && !initializer.Name.StartsWith("const.", StringComparison.Ordinal) && !initializer.Name.StartsWith("rotary.", StringComparison.Ordinal);

    private static void NameOutput(GraphProto graph, Value value, string name, long[] shape)
    {
        NodeProto identity = new() { OpType = "Identity", Name = name };
        identity.Input.Add(value.Name);
        identity.Output.Add(name);
        graph.Node.Add(identity);
        graph.Output.Add(OnnxFactory.ValueInfo(name, DataType.Float, [.. shape.Select(d => (object)d)]));
    }

    private static void TurnIntoInputs(GraphProto graph, List<(string Name, long[] Shape)> parameters)
    {
        HashSet<string> names = [.. parameters.Select(p => p.Name)];
        TensorProto[] constants = [.. graph.Initializer.Where(i => !names.Contains(i.Name))];
        graph.Initializer.Clear();
        graph.Initializer.AddRange(constants);
        foreach ((string name, long[] shape) in parameters)
            graph.Input.Add(OnnxFactory.ValueInfo(name, DataType.Float, [.. shape.Select(d => (object)d)]));
    }

    private static void ImportDomains(ModelProto model)
    {
        HashSet<string> domains = [.. model.Graph.Node.Select(node => node.Domain)];
        foreach (string domain in domains.Where(domain => model.OpsetImport.All(import => import.Domain != domain)).Order(StringComparer.Ordinal))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
    }
}
