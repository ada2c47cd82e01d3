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
    /// <summary>Quantizes a model, which is left as it is.</summary>
    /// <exception cref="InputException">
    /// The model is quantized already, its operator set is older than 11, its weights lie in another file, or a weight is not finite.
    /// </exception>
    public static QuantizationResult Quantize(ModelProto model, DynamicQuantizationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new DynamicQuantizationOptions();
        ModelProto copy = QuantizationInput.Prepare(model);
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
        QuantizationInput.RemoveUnused(copy.Graph);
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
        ModelProto copy = QuantizationInput.Prepare(model);
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
}
