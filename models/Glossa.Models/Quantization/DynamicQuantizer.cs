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
}
