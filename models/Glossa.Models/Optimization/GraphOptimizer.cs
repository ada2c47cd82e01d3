using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Patterns;

namespace Glossa.Models.Optimization;

/// <summary>An optimized model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Passes">The passes in the order in which they ran.</param>
/// <param name="NodesBefore">Nodes of the model as it was given, those in functions' bodies counted once for every call.</param>
/// <param name="Notes">What a user should know, one line each.</param>
public sealed record OptimizationResult(ModelProto Model, IReadOnlyList<PassCount> Passes, int NodesBefore, IReadOnlyList<string> Notes)
{
    /// <summary>Nodes of the optimized model.</summary>
    public int NodesAfter => Model.Graph.Node.Count;

    /// <summary>How often a pass found its pattern; 0 for one that did not run.</summary>
    public int Count(string pass) => Passes.FirstOrDefault(p => p.Name == pass)?.Rewritten ?? 0;
}

/// <summary>
/// Rewrites a transformer's forward graph, of whatever exporter, into fewer and larger operators that ONNX Runtime has fast kernels for. Inputs, outputs and the
/// function that the graph computes stay the same within float rounding.
/// </summary>
public static class GraphOptimizer
{
    private static readonly string[] Quantized =
    [
        "MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv", "DynamicQuantizeLinear", "QuantizeLinear", "DequantizeLinear", "MatMulNBits", "MatMulBnb4",
        "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "GatherBlockQuantized", "QAttention", "QEmbedLayerNormalization", "QGemm", "QOrderedMatMul",
    ];

    /// <summary>Runs passes over a model, which is left as it is.</summary>
    /// <param name="model">The model, the data of its initializers inside.</param>
    /// <param name="options">Which passes, and what they write.</param>
    /// <exception cref="InputException">The model is not sound, is quantized already, or has an operator set that is too old; or no pass has that name.</exception>
    public static OptimizationResult Optimize(ModelProto model, OptimizationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new OptimizationOptions();
        IReadOnlyList<OptimizationPass> passes = OptimizationPasses.Choose(options.Passes);
        RefuseQuantized(model);
        List<string> notes = [];
        ModelProto copy = ModelImport.Normalized(model, notes);
        RuntimeRepairs.Apply(copy.Graph, notes);
        int before = copy.Graph.Node.Count(node => node.OpType != "Constant");
        OptimizationContext context = new(copy, options);
        GuardedOutputs outputs = GuardedOutputs.Insert(copy.Graph);
        Dictionary<string, PassCount> counts = [];
        for (int first = 0; first < passes.Count;)
        {
            int last = first;
            while (passes[first].Repeats && last + 1 < passes.Count && passes[last + 1].Repeats) last++;
            bool again;
            do
            {
                again = false;
                for (int i = first; i <= last; i++) again |= Run(passes[i], context, counts) > 0;
            }
            while (again && passes[first].Repeats);
            first = last + 1;
        }
        outputs.Remove(copy.Graph);
        GraphCleaning.DropUnread(copy.Graph);
        OperatorDomains.Complete(copy);
        return new OptimizationResult(copy, [.. passes.Select(pass => counts[pass.Name])], before, notes);
    }

    private static int Run(OptimizationPass pass, OptimizationContext context, Dictionary<string, PassCount> counts)
    {
        int rewritten = ShapeInference.Guarded(() => pass.Apply(context));
        counts[pass.Name] = new PassCount(pass.Name, rewritten + (counts.GetValueOrDefault(pass.Name)?.Rewritten ?? 0), context.Graph.Node.Count);
        return rewritten;
    }

    /// <summary>A copy of a model with the repairs that ONNX Runtime needs to take it; null where it needs none.</summary>
    public static ModelProto? Repaired(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        List<string> notes = [];
        ModelProto copy = model.Clone();
        RuntimeRepairs.Apply(copy.Graph, notes);
        return notes.Count > 0 ? copy : null;
    }

    /// <summary>Refuses a model whose weights are integers already.</summary>
    /// <exception cref="InputException">It is one.</exception>
    private static void RefuseQuantized(ModelProto model)
    {
        IEnumerable<NodeProto> nodes = model.Graph.Node.Concat(model.Functions.SelectMany(function => function.Node));
        if (nodes.FirstOrDefault(node => Quantized.Contains(node.OpType)) is { } node)
            throw new InputException($"the model is quantized already: it has a {node.OpType}", node.Name.Length > 0 ? node.Name : null, "start from the float32 file");
    }
}
