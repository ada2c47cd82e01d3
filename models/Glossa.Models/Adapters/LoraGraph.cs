using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;

namespace Glossa.Models.Adapters;

/// <summary>An imported graph with adapters.</summary>
/// <param name="Model">The graph; its parameters are the adapters' factors and what is trained whole.</param>
/// <param name="Adapters">The adapters.</param>
public sealed record AdaptedModel(ImportedModel Model, IReadOnlyList<LoraAdapter> Adapters);

/// <summary>
/// Adds low-rank adapters to linear layers: x W becomes x W + scale (x A) B, A random and B zero, so that the function is unchanged at the start.
/// A table's rows become E[ids] + scale A[ids] B, A zero and B random. W and E themselves are only read.
/// </summary>
public static class LoraGraph
{
    /// <summary>Ending of the factor that starts random.</summary>
    public const string RandomSuffix = ".lora_A";

    /// <summary>Ending of the factor that starts at zero.</summary>
    public const string ZeroSuffix = ".lora_B";

    /// <summary>Attaches adapters to every targeted weight among the parameters; <paramref name="imported"/> is not changed.</summary>
    /// <exception cref="InputException">No linear layer or table has a weight that the targets match, or a setting is out of range.</exception>
    public static AdaptedModel Attach(ImportedModel imported, LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(imported);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ModelProto model = imported.Forward.Clone();
        GraphBuilder g = new(model.Graph);
        HashSet<string> adaptable = [.. imported.Parameters.Select(p => p.Name).Where(name => !options.Whole.Contains(name))];
        bool IsTarget(string weight, NodeProto reader) => NamePattern.Matches(options.Targets, weight) || NamePattern.Matches(options.Targets, reader.Name);
        LinearLayer[] all = [.. LinearLayer.In(model.Graph).Where(layer => adaptable.Contains(layer.Weight))];
        LookupTable[] tables = options.Embeddings ? [.. LookupTable.In(model.Graph).Where(table => adaptable.Contains(table.Weight))] : [];
        Dictionary<string, LoraAdapter> adapters = [];
        LoraAdapter AdapterOf(string weight, long rows, long columns, bool rightIsRandom) =>
            adapters.TryGetValue(weight, out LoraAdapter? known) ? known : adapters[weight] = Make(g, weight, rows, columns, rightIsRandom, options);
        foreach (LinearLayer layer in all.Where(layer => IsTarget(layer.Weight, layer.Node)))
            Insert(g, layer, AdapterOf(layer.Weight, layer.Rows, layer.Columns, layer.Transposed));
        // What a lookup selects by is on no input's side: its factor is the one that starts at zero.
        foreach (LookupTable table in tables.Where(table => IsTarget(table.Weight, table.Node)))
            Insert(g, table, AdapterOf(table.Weight, table.Rows, table.Columns, rightIsRandom: true));
        if (adapters.Count == 0)
        {
            string names = string.Join(", ", all.Select(layer => layer.Weight).Concat(tables.Select(table => table.Weight)).Distinct().Take(4));
            throw new InputException($"no linear layer has a weight or node that matches '{options.Targets}'", fix: names.Length == 0 ? "the graph has none that is trained: check the frozen patterns" : $"weights are called {names}");
        }
        GraphCleaning.SortTopologically(model.Graph);
        IEnumerable<ImportedParameter> factors = adapters.Values.SelectMany(a => new ImportedParameter[] { new(a.Left, [a.Rows, a.Rank], []), new(a.Right, [a.Rank, a.Columns], []) });
        return new AdaptedModel(imported with { Forward = model, Parameters = [.. imported.Parameters.Where(p => options.Whole.Contains(p.Name)), .. factors] }, [.. adapters.Values]);
    }

    // The factor on the input's side is random (He initialisation for a linear layer, as LoRA's authors do), the one on the output's side zero.
    private static LoraAdapter Make(GraphBuilder g, string weight, long storedRows, long storedColumns, bool rightIsRandom, LoraOptions options)
    {
        int rank = options.Rank, rows = checked((int)storedRows), columns = checked((int)storedColumns), inputs = rightIsRandom ? columns : rows;
        SeededRandom random = new(options.Seed, BitConverter.ToUInt64(Convert.FromHexString(ContentHash.OfParts([weight])), 0));
        float[] start = new float[inputs * rank];
        double bound = Math.Sqrt(1.0 / inputs);
        for (int i = 0; i < start.Length; i++) start[i] = (float)((2 * random.NextDouble() - 1) * bound);
        (string a, string b) = (g.Unique(weight + RandomSuffix), g.Unique(weight + ZeroSuffix));
        (string left, string right) = rightIsRandom ? (b, a) : (a, b);
        g.Graph.Initializer.Add(OnnxFactory.Tensor(left, [rows, rank], rightIsRandom ? new float[rows * rank] : start));
        g.Graph.Initializer.Add(OnnxFactory.Tensor(right, [rank, columns], rightIsRandom ? start : new float[rank * columns]));
        return new LoraAdapter(weight, rows, columns, left, right, rank, options.Scale);
    }

    private static void Insert(GraphBuilder g, LinearLayer layer, LoraAdapter adapter)
    {
        string output = layer.Node.Output[0];
        Value input = new(layer.Node.Input[0]);
        if (GraphIndex.IntAttribute(layer.Node, "transA", 0) != 0) input = g.Transpose(input, [1, 0], output + ".adapter_input");
        // (x W^T): W^T = Right^T Left^T.
        Value first = layer.Transposed ? g.Transpose(new Value(adapter.Right), [1, 0], adapter.Right + ".transposed") : new Value(adapter.Left);
        Value second = layer.Transposed ? g.Transpose(new Value(adapter.Left), [1, 0], adapter.Left + ".transposed") : new Value(adapter.Right);
        Value narrow = g.Mul(g.MatMul(input, first, output + ".lora_narrow"), g.Constant(adapter.Scale * layer.Alpha), output + ".lora_scaled");
        AddToOutput(g, layer.Node, g.MatMul(narrow, second, output + ".lora"));
    }

    private static void Insert(GraphBuilder g, LookupTable table, LoraAdapter adapter)
    {
        string output = table.Node.Output[0];
        Value narrow = g.Mul(g.Gather(new Value(adapter.Left), new Value(table.Node.Input[1]), name: output + ".lora_narrow"), g.Constant(adapter.Scale), output + ".lora_scaled");
        AddToOutput(g, table.Node, g.MatMul(narrow, new Value(adapter.Right), output + ".lora"));
    }

    // Readers of the output read the sum under the same name, so that outputs of the graph keep theirs.
    private static void AddToOutput(GraphBuilder g, NodeProto node, Value change)
    {
        string output = node.Output[0];
        node.Output[0] = g.Unique(output + ".without_adapter");
        NodeProto sum = new() { OpType = "Add", Name = g.Unique(output + ".with_adapter") };
        sum.Input.Add([node.Output[0], change.Name]);
        sum.Output.Add(output);
        g.Graph.Node.Add(sum);
    }
}
