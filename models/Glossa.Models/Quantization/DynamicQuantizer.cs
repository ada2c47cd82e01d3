using Glossa.Models.Building;
using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>
/// Dynamic int8 quantization. Every MatMul and Gemm with a constant matrix becomes
/// DynamicQuantizeLinear, MatMulInteger, Cast, Mul (and Add for a Gemm's bias): activations get one uint8 scale per run,
/// weights one per output channel. Products that read the same activation share one DynamicQuantizeLinear. The token
/// embedding is stored in uint8 with a scale per token and dequantized after Gather; a matrix that is embedding and
/// head is stored once. Everything else stays float32. Only standard operators are used, in the pattern that ONNX
/// Runtime fuses (MatMulIntegerToFloat).
/// </summary>
/// <remarks>
/// Weights are unsigned. x86 processors without VNNI multiply unsigned activations by signed weights into saturating
/// 16-bit sums (2 * 255 * 127 exceeds 32,767), so full-range signed weights give other numbers there; kernels for
/// unsigned weights widen first and are exact everywhere, without giving up a bit of the weights.
/// </remarks>
public static class DynamicQuantizer
{
    private const int OldestOpset = 11;

    /// <summary>Quantizes a model, which is left as it is.</summary>
    /// <exception cref="InputException">
    /// The model is quantized already, its operator set is older than 11, its weights lie in another file, or a weight is not finite.
    /// </exception>
    public static QuantizationResult Quantize(ModelProto model, DynamicQuantizationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new DynamicQuantizationOptions();
        ModelProto copy = Prepare(model);
        WeightUses uses = new(copy.Graph, copy.IrVersion, options);
        LayerRewriter rewriter = new(copy.Graph, uses, options);
        Dictionary<NodeProto, WeightUse> byNode = new(ReferenceEqualityComparer.Instance);
        foreach (WeightUse use in uses.All) byNode.Add(use.Node, use);
        List<QuantizedLayer> layers = [];

        NodeProto[] nodes = [.. copy.Graph.Node];
        copy.Graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (byNode.TryGetValue(node, out WeightUse? layer))
                layers.Add(rewriter.Rewrite(layer, node.Output[0]));
            else
                copy.Graph.Node.Add(node);
        }
        RemoveUnused(copy.Graph);
        return new QuantizationResult(copy, layers);
    }

    /// <summary>
    /// A model that measures what quantizing each layer alone does to that layer's output: it runs in float32, computes every
    /// layer a second time in int8 from the same float input, and returns for layer i of <paramref name="layers"/> the
    /// scalars <c>error.i</c> = sum of squared differences and <c>signal.i</c> = sum of squared outputs.
    /// </summary>
    /// <param name="model">The float model, which is left as it is.</param>
    /// <param name="layers">The layers, in graph order, as <see cref="Quantize"/> lists them.</param>
    /// <param name="options">What to quantize.</param>
    /// <exception cref="InputException">As for <see cref="Quantize"/>.</exception>
    public static ModelProto LayerErrorModel(ModelProto model, out IReadOnlyList<QuantizedLayer> layers, DynamicQuantizationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new DynamicQuantizationOptions();
        ModelProto copy = Prepare(model);
        WeightUses uses = new(copy.Graph, copy.IrVersion, options);
        LayerRewriter rewriter = new(copy.Graph, uses, options);
        List<QuantizedLayer> found = [];
        GraphBuilder g = rewriter.Builder;
        copy.Graph.Output.Clear();
        foreach (WeightUse use in uses.All)
        {
            Value exact = new(use.Node.Output[0]);
            Value quantized = new(g.Unique(exact.Name + "_int8"));
            QuantizedLayer layer = rewriter.Rewrite(use, quantized.Name);
            Value difference = g.Sub(quantized, exact);
            Value error = g.ReduceSum(g.Mul(difference, difference), [], keepDims: false, $"error.{found.Count}");
            Value signal = g.ReduceSum(g.Mul(exact, exact), [], keepDims: false, $"signal.{found.Count}");
            g.Output(error, TensorProto.Types.DataType.Float);
            g.Output(signal, TensorProto.Types.DataType.Float);
            found.Add(layer with { Output = exact.Name });
        }
        layers = found;
        return copy;
    }

    private static ModelProto Prepare(ModelProto model)
    {
        NodeProto? quantized = model.Graph.Node.FirstOrDefault(n => n.OpType is "MatMulInteger" or "ConvInteger" or "QLinearMatMul"
            or "QLinearConv" or "DynamicQuantizeLinear" or "QuantizeLinear" or "DequantizeLinear" or "MatMulNBits" or "MatMulIntegerToFloat" or "DynamicQuantizeMatMul");
        if (quantized is not null)
            throw new InputException($"the model is quantized already: it has a {quantized.OpType}", quantized.Name.Length > 0 ? quantized.Name : null, "start from the float32 file");
        long opset = model.OpsetImport.FirstOrDefault(o => o.Domain.Length == 0 || o.Domain == "ai.onnx")?.Version ?? 0;
        if (opset < OldestOpset)
            throw new InputException($"operator set {opset} is too old for int8, which needs {OldestOpset} or later", fix: "export the model with a newer operator set");
        if (model.Graph.Initializer.FirstOrDefault(t => t.DataLocation == TensorProto.Types.DataLocation.External) is { } external)
            throw new InputException($"the data of '{external.Name}' lie outside the model file", fix: "save the model with its data inside");
        ModelProto copy = model.Clone();
        LiftConstants(copy.Graph);
        return copy;
    }

    // Some exporters write weights as Constant nodes; as initializers they are found in one place.
    private static void LiftConstants(GraphProto graph)
    {
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            TensorProto? tensor = node.OpType == "Constant" && WeightUses.IsStandard(node)
                ? node.Attribute.FirstOrDefault(a => a.Name == "value")?.T : null;
            if (tensor is { Dims.Count: 2, DataType: (int)TensorProto.Types.DataType.Float })
            {
                tensor.Name = node.Output[0];
                graph.Initializer.Add(tensor);
            }
            else
            {
                graph.Node.Add(node);
            }
        }
    }

    private static void RemoveUnused(GraphProto graph)
    {
        HashSet<string> used = [.. graph.Output.Select(o => o.Name), .. WeightUses.SubgraphReferences(graph)];
        List<NodeProto> kept = [];
        for (int i = graph.Node.Count - 1; i >= 0; i--)
        {
            NodeProto node = graph.Node[i];
            if (!node.Output.Any(used.Contains)) continue;
            kept.Add(node);
            used.UnionWith(node.Input);
        }
        kept.Reverse();
        graph.Node.Clear();
        graph.Node.Add(kept);
        Keep(graph.Initializer, t => used.Contains(t.Name));
        HashSet<string> made = [.. kept.SelectMany(n => n.Output)];
        Keep(graph.ValueInfo, v => made.Contains(v.Name));
    }

    private static void Keep<T>(IList<T> items, Func<T, bool> condition)
    {
        T[] kept = [.. items.Where(condition)];
        items.Clear();
        foreach (T item in kept) items.Add(item);
    }
}
