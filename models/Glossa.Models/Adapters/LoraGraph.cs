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
/// W itself is only read.
/// </summary>
public static class LoraGraph
{
    /// <summary>Ending of the factor that starts random.</summary>
    public const string RandomSuffix = ".lora_A";

    /// <summary>Ending of the factor that starts at zero.</summary>
    public const string ZeroSuffix = ".lora_B";

    /// <summary>Attaches adapters to every targeted weight among the parameters; <paramref name="imported"/> is not changed.</summary>
    /// <exception cref="InputException">No linear layer has a weight that the targets match, or a setting is out of range.</exception>
    public static AdaptedModel Attach(ImportedModel imported, LoraOptions options)
    {
        ArgumentNullException.ThrowIfNull(imported);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ModelProto model = imported.Forward.Clone();
        GraphBuilder g = new(model.Graph);
        HashSet<string> adaptable = [.. imported.Parameters.Select(p => p.Name).Where(name => !options.Whole.Contains(name))];
        LinearLayer[] all = [.. LinearLayer.In(model.Graph).Where(layer => adaptable.Contains(layer.Weight))];
        LinearLayer[] layers = [.. all.Where(layer => NamePattern.Matches(options.Targets, layer.Weight) || NamePattern.Matches(options.Targets, layer.Node.Name))];
        if (layers.Length == 0)
        {
            string names = string.Join(", ", all.Select(layer => layer.Weight).Distinct().Take(4));
            throw new InputException($"no linear layer has a weight or node that matches '{options.Targets}'", fix: all.Length == 0 ? "the graph has none that is trained: check the frozen patterns" : $"weights are called {names}");
        }
        Dictionary<string, LoraAdapter> adapters = [];
        foreach (LinearLayer layer in layers)
        {
            if (!adapters.TryGetValue(layer.Weight, out LoraAdapter? adapter)) adapters[layer.Weight] = adapter = Make(g, layer, options);
            Insert(g, layer, adapter);
        }
        GraphCleaning.SortTopologically(model.Graph);
        IEnumerable<ImportedParameter> factors = adapters.Values.SelectMany(a => new ImportedParameter[] { new(a.Left, [a.Rows, a.Rank], []), new(a.Right, [a.Rank, a.Columns], []) });
        return new AdaptedModel(imported with { Forward = model, Parameters = [.. imported.Parameters.Where(p => options.Whole.Contains(p.Name)), .. factors] }, [.. adapters.Values]);
    }

    // The factor on the input's side is random (He initialisation for a linear layer, as LoRA's authors do), the one on the output's side zero.
    private static LoraAdapter Make(GraphBuilder g, LinearLayer layer, LoraOptions options)
    {
        int rank = options.Rank, rows = checked((int)layer.Rows), columns = checked((int)layer.Columns), inputs = layer.Transposed ? columns : rows;
        SeededRandom random = new(options.Seed, BitConverter.ToUInt64(Convert.FromHexString(ContentHash.OfParts([layer.Weight])), 0));
        float[] start = new float[inputs * rank];
        double bound = Math.Sqrt(1.0 / inputs);
        for (int i = 0; i < start.Length; i++) start[i] = (float)((2 * random.NextDouble() - 1) * bound);
        (string a, string b) = (g.Unique(layer.Weight + RandomSuffix), g.Unique(layer.Weight + ZeroSuffix));
        (string left, string right) = layer.Transposed ? (b, a) : (a, b);
        g.Graph.Initializer.Add(OnnxFactory.Tensor(left, [rows, rank], layer.Transposed ? new float[rows * rank] : start));
        g.Graph.Initializer.Add(OnnxFactory.Tensor(right, [rank, columns], layer.Transposed ? start : new float[rank * columns]));
        return new LoraAdapter(layer.Weight, rows, columns, left, right, rank, options.Scale);
    }

    // Readers of the layer's output read the sum under the same name, so that outputs of the graph keep theirs.
    private static void Insert(GraphBuilder g, LinearLayer layer, LoraAdapter adapter)
    {
        string output = layer.Node.Output[0];
        layer.Node.Output[0] = g.Unique(output + ".without_adapter");
        Value input = new(layer.Node.Input[0]);
        if (GraphIndex.IntAttribute(layer.Node, "transA", 0) != 0) input = g.Transpose(input, [1, 0], output + ".adapter_input");
        // (x W^T): W^T = Right^T Left^T.
        Value first = layer.Transposed ? g.Transpose(new Value(adapter.Right), [1, 0], adapter.Right + ".transposed") : new Value(adapter.Left);
        Value second = layer.Transposed ? g.Transpose(new Value(adapter.Left), [1, 0], adapter.Left + ".transposed") : new Value(adapter.Right);
        Value narrow = g.Mul(g.MatMul(input, first, output + ".lora_narrow"), g.Constant(adapter.Scale * layer.Alpha), output + ".lora_scaled");
        Value change = g.MatMul(narrow, second, output + ".lora");
        NodeProto sum = new() { OpType = "Add", Name = g.Unique(output + ".with_adapter") };
        sum.Input.Add([layer.Node.Output[0], change.Name]);
        sum.Output.Add(output);
        g.Graph.Node.Add(sum);
    }
}
