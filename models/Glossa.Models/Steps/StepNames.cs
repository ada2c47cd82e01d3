using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;

namespace Glossa.Models.Steps;

/// <summary>
/// Frees the names that a step's inputs and outputs have to carry. Inner values of the forward graph are called otherwise; inputs and parameters keep their names for
/// whoever feeds them, so one of those in the way is an error.
/// </summary>
internal static class StepNames
{
    /// <summary>Renames what is in the way; <paramref name="output"/> follows.</summary>
    /// <exception cref="InputException">An input or a parameter has a name that the step needs.</exception>
    public static void Free(GraphProto graph, IReadOnlyList<ImportedParameter> parameters, ref string output, StepOptions options)
    {
        HashSet<string> taken = [StepModel.Loss];
        if (options.WeightedLoss) taken.Add(StepModel.LossWeight);
        string? compared = options.Loss switch
        {
            LossKind.Mse => StepModel.Target,
            LossKind.Embedding or LossKind.Custom => null,
            _ => StepModel.Labels,
        };
        if (compared is not null) taken.Add(compared);
        if (options.SoftTargets && compared == StepModel.Labels) taken.UnionWith([StepModel.TargetIds, StepModel.TargetWeights]);
        foreach (ImportedParameter parameter in parameters)
        {
            taken.Add(StepModel.Gradient(parameter.Name));
            if (options.Accumulate) taken.Add(StepModel.Accumulator(parameter.Name));
        }
        // A graph that was exported with labels keeps them: the loss checks that they fit.
        string? kept = graph.Input.Where(input => input.Name != compared).Select(input => input.Name)
            .Concat(parameters.Select(parameter => parameter.Name)).Concat(options.ExtraOutputs).FirstOrDefault(taken.Contains);
        if (kept is not null)
            throw new InputException($"the graph has an input, an output or a parameter called '{kept}', which a training step needs for itself", fix: "rename it in the graph");
        output = Free(graph, taken).GetValueOrDefault(output, output);
    }

    /// <summary>Renames the inner values that have one of these names; gives the new names by the old ones.</summary>
    public static Dictionary<string, string> Free(GraphProto graph, IReadOnlySet<string> taken)
    {
        GraphBuilder g = new(graph);
        Dictionary<string, string> renamed = graph.Node.SelectMany(node => node.Output).Concat(graph.Initializer.Select(tensor => tensor.Name))
            .Where(taken.Contains).Distinct().ToDictionary(name => name, name => g.Unique("forward." + name));
        if (renamed.Count > 0) Rename(graph, renamed);
        return renamed;
    }

    private static void Rename(GraphProto graph, Dictionary<string, string> names)
    {
        foreach (TensorProto initializer in graph.Initializer) initializer.Name = names.GetValueOrDefault(initializer.Name, initializer.Name);
        foreach (ValueInfoProto info in graph.ValueInfo.Concat(graph.Output)) info.Name = names.GetValueOrDefault(info.Name, info.Name);
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++) node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++) node.Output[i] = names.GetValueOrDefault(node.Output[i], node.Output[i]);
            // ONNX allows no name of an outer graph inside a nested one for anything else.
            foreach (AttributeProto attribute in node.Attribute.Where(attribute => attribute.G is not null)) Rename(attribute.G, names);
        }
    }
}
