using System.Globalization;
using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Steps;

/// <summary>Makes the training step of a forward graph: loss, gradients of every trainable initializer, nothing but ordinary ONNX nodes.</summary>
public static class TrainingStep
{
    /// <summary>ScatterND adds up from here on; what the operators of a transformer do did not change from 13 to here.</summary>
    private const long LeastOperatorSet = 16;

    /// <summary>Builds the step of a graph of Glossa's own, whose float initializers are trained unless they are called <c>const.*</c> or <c>rotary.*</c>.</summary>
    /// <inheritdoc cref="Build(ImportedModel, StepOptions)"/>
    public static StepModel Build(ModelProto forward, StepOptions options) => Build(Own(forward), options);

    /// <summary>A graph of Glossa's own with its parameters.</summary>
    internal static ImportedModel Own(ModelProto forward)
    {
        ArgumentNullException.ThrowIfNull(forward);
        ImportedParameter[] parameters = [.. forward.Graph.Initializer.Where(IsTrainable).Select(tensor => new ImportedParameter(tensor.Name, [.. tensor.Dims], []))];
        return new ImportedModel(forward, forward, parameters, []);
    }

    /// <summary>Builds the step that differentiates <see cref="ImportedModel.Forward"/>, which itself is not changed, by its parameters.</summary>
    /// <exception cref="InputException">No parameter reaches the loss, an operator has no gradient, the output does not fit the loss, or an input has a name that the step needs.</exception>
    public static StepModel Build(ImportedModel imported, StepOptions options)
    {
        ArgumentNullException.ThrowIfNull(imported);
        ArgumentNullException.ThrowIfNull(options);
        ModelProto model = imported.Forward.Clone();
        GraphProto graph = model.Graph;
        ImportedParameter[] trainable = [.. imported.Parameters.Where(parameter => !options.IsFrozen(parameter.Name))];
        if (options.FusedOperators && !options.TimeMajor) ForwardPatterns.Apply(graph, trainable.Select(parameter => parameter.Name).ToHashSet());
        string output = OutputOf(graph, options);
        StepNames.Free(graph, trainable, ref output, options);
        ShapeMap shapes = ShapeMap.Infer(graph);
        ValueInfoProto[] extra = ExtraOutputs(graph, options);
        graph.Output.Clear();
        graph.Output.AddRange(extra);
        GraphBuilder g = new(graph);
        AttachedLoss loss = Loss.Attach(new LossContext(g, shapes, output, options));

        shapes.Extend(graph);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, loss.Seeds, [.. trainable.Select(parameter => parameter.Name)], shapes);
        ImportedParameter[] reached = [.. trainable.Where(parameter => gradients.ContainsKey(parameter.Name))];
        if (reached.Length == 0)
            throw new InputException("no trainable initializer reaches the loss", fix: "check the loss and the frozen patterns");
        List<(string Name, long[] Shape)> parameters = [.. reached.Select(parameter => (parameter.Name, parameter.Shape.ToArray()))];

        graph.Output.Clear();
        NameOutput(graph, loss.Loss, StepModel.Loss, []);
        graph.Output.AddRange(extra);
        foreach ((string name, long[] shape) in parameters) NameOutput(graph, gradients[name], StepModel.Gradient(name), shape);
        TurnIntoInputs(graph, parameters);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.MergeEqualNodes(graph);
        if (options.FusedOperators) StepFusions.Apply(graph);
        if (options.Accumulate) GradientAccumulation.Apply(graph, parameters);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
        NumberEqualNodeNames(graph);
        ImportDomains(model);
        StepMetadata.Write(model, options, reached);
        return new StepModel(model, parameters);
    }

    /// <summary>The output that the loss reads.</summary>
    /// <exception cref="InputException">The graph has none of the name that the options give.</exception>
    internal static string OutputOf(GraphProto graph, StepOptions options) =>
        options.Output is null ? graph.Output[0].Name : FindOutput(graph, options.Output).Name;

    /// <summary>The outputs of the forward graph that stay outputs.</summary>
    /// <exception cref="InputException">The graph has none of that name, or it has one that a step needs for itself.</exception>
    internal static ValueInfoProto[] ExtraOutputs(GraphProto graph, StepOptions options) => [.. options.ExtraOutputs.Distinct().Select(name => FindOutput(graph, name))];

    private static ValueInfoProto FindOutput(GraphProto graph, string name) => graph.Output.FirstOrDefault(output => output.Name == name)
        ?? throw new InputException($"the graph has no output '{name}'", fix: NearestName.Advice(name, [.. graph.Output.Select(output => output.Name)]));

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

    /// <summary>Gives every node a name of its own. A forward graph names its nodes apart from its values, so a node of the step may have got the name of one.</summary>
    internal static void NumberEqualNodeNames(GraphProto graph)
    {
        HashSet<string> names = [];
        foreach (NodeProto node in graph.Node.Where(node => node.Name.Length > 0))
        {
            string name = node.Name;
            for (int i = 1; !names.Add(node.Name); i++) node.Name = name + "#" + i.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static void ImportDomains(ModelProto model)
    {
        foreach (OperatorSetIdProto standard in model.OpsetImport.Where(import => import.Domain is "" or "ai.onnx")) standard.Version = Math.Max(standard.Version, LeastOperatorSet);
        HashSet<string> domains = [.. model.Graph.Node.Select(node => node.Domain)];
        foreach (string domain in domains.Where(domain => model.OpsetImport.All(import => import.Domain != domain)).Order(StringComparer.Ordinal))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
    }
}
