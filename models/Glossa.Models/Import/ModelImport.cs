using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>Reads forward graphs of any exporter.</summary>
public static class ModelImport
{
    /// <summary>Reads a file, with the data that it keeps in files beside it, and prepares it for differentiation.</summary>
    /// <exception cref="InputException">The file is missing or damaged, or claims what it does not hold.</exception>
    public static ImportedModel Read(string path, ImportOptions options)
    {
        List<string> notes = [];
        return Prepare(ReadOriginal(path, notes), options, path, notes);
    }

    /// <summary>Reads a file, with the data that it keeps in files beside it, as it is: for a change of the graph that has to come before <see cref="Prepare(ModelProto, ImportOptions)"/>.</summary>
    /// <exception cref="InputException">As in <see cref="Read"/>.</exception>
    public static ModelProto ReadOriginal(string path) => ReadOriginal(path, []);

    /// <summary>Prepares a graph whose initializers' data are inside; <paramref name="original"/> is not changed.</summary>
    /// <exception cref="InputException">The graph is not sound, or a pattern of the options matches nothing.</exception>
    public static ImportedModel Prepare(ModelProto original, ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(original);
        List<string> notes = [];
        Check(original, null, notes);
        return Prepare(original, options, null, notes);
    }

    private static ModelProto ReadOriginal(string path, List<string> notes)
    {
        ModelProto model = OnnxFile.Read(path);
        ExternalData.Load(model, path);
        Check(model, path, notes);
        return model;
    }

    private static void Check(ModelProto model, string? file, List<string> notes)
    {
        OperatorSets.Check(model, file, notes);
        GraphChecks.Check(model, file);
    }

    private static ImportedModel Prepare(ModelProto original, ImportOptions options, string? file, List<string> notes)
    {
        ArgumentNullException.ThrowIfNull(options);
        ModelProto forward = original.Clone();
        ModelTensors.AddTags(forward);
        Normalize(forward, notes);
        GraphProto graph = forward.Graph;
        ConstantFolding.Apply(graph);
        Dictionary<string, string> dequantized = DequantizedWeights.Apply(graph, notes);
        RuntimeRepairs.Apply(graph, notes);
        List<TensorProto> chosen = ParameterRule.Choose(graph, [.. original.Graph.Initializer.Select(t => t.Name)], options, file);
        List<ImportedParameter> parameters = Tie(graph, chosen, dequantized, notes);
        GraphCleaning.DropUnread(graph);
        ModelTensors.RemoveTags(forward);
        return new ImportedModel(original, forward, parameters, notes);
    }

    /// <summary>A copy of a model in the one form that passes read: functions inlined, nodes in order, operator set 13 or later, float32.</summary>
    /// <exception cref="InputException">The model is not sound.</exception>
    internal static ModelProto Normalized(ModelProto original, List<string> notes)
    {
        Check(original, null, notes);
        ModelProto copy = original.Clone();
        Normalize(copy, notes);
        return copy;
    }

    private static void Normalize(ModelProto model, List<string> notes)
    {
        long? version = OperatorSets.Version(model.OpsetImport);
        FunctionInlining.Apply(model);
        DropDefaultedInputs(model.Graph);
        GraphCleaning.SortTopologically(model.Graph);
        if (OperatorSetUpgrade.Apply(model)) notes.Add($"the graph was brought from operator set {version} to {OperatorSetUpgrade.Target}");
        FloatConversion.Apply(model.Graph, notes);
    }

    /// <summary>An initializer that is listed as an input is a default that a caller may replace; training does not.</summary>
    private static void DropDefaultedInputs(GraphProto graph)
    {
        HashSet<string> initializers = [.. graph.Initializer.Select(t => t.Name)];
        ValueInfoProto[] kept = [.. graph.Input.Where(i => !initializers.Contains(i.Name))];
        graph.Input.Clear();
        graph.Input.AddRange(kept);
    }

    /// <summary>Lets every repetition of a parameter read the first.</summary>
    private static List<ImportedParameter> Tie(GraphProto graph, List<TensorProto> chosen, Dictionary<string, string> dequantized, List<string> notes)
    {
        TensorProto[] ordered = [.. chosen.OrderBy(t => ModelTensors.Place(t) ?? int.MaxValue)];
        Dictionary<string, (TensorProto First, int[]? Permutation)> ties = ParameterTies.Find(ordered);
        ILookup<string, ParameterTwin> twins = ordered.Where(t => ties.ContainsKey(t.Name))
            .ToLookup(t => ties[t.Name].First.Name, t => new ParameterTwin(t.Name, ties[t.Name].Permutation) { Source = Source(t) });
        int at = 0;
        foreach (TensorProto twin in ordered.Where(t => ties.ContainsKey(t.Name)))
        {
            (TensorProto first, int[]? permutation) = ties[twin.Name];
            graph.Initializer.Remove(twin);
            NodeProto node = new() { OpType = permutation is null ? "Identity" : "Transpose", Name = "tied." + twin.Name, Input = { first.Name }, Output = { twin.Name } };
            if (permutation is not null) node.Attribute.Add(OnnxFactory.Attribute("perm", Array.ConvertAll(permutation, p => (long)p)));
            graph.Node.Insert(at++, node);
            notes.Add($"'{twin.Name}' holds the same weights as '{first.Name}'{(permutation is null ? "" : $" with axes [{string.Join(", ", permutation)}]")}: they are trained as one");
        }
        return [.. ordered.Where(t => !ties.ContainsKey(t.Name)).Select(t => new ImportedParameter(t.Name, [.. t.Dims], [.. twins[t.Name]]) { Source = Source(t) })];

        ParameterSource? Source(TensorProto tensor) =>
            ModelTensors.Place(tensor) is { } place ? new ParameterSource(place, dequantized.GetValueOrDefault(tensor.Name)) : null;
    }
}
