using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>Where operators take parameters.</summary>
internal static class ParameterRoles
{
    /// <summary>True where a float vector in this place of the operator is a weight, gain or bias by the operator's definition.</summary>
    internal static bool IsWeightSlot(NodeProto node, int input) => node.OpType switch
    {
        "Gather" or "GatherElements" or "GatherND" => input == 0,
        "MatMul" or "FusedMatMul" or "Gemm" or "FusedGemm" or "Conv" or "FusedConv" or "ConvTranspose" or "Einsum" or "PRelu" => true,
        "LSTM" or "GRU" or "RNN" => input is 1 or 2 or 3,
        "LayerNormalization" or "RMSNormalization" or "SimplifiedLayerNormalization" or "GroupNormalization" or "InstanceNormalization"
            or "BatchNormalization" or "GroupNorm" or "SkipGroupNorm" => input is 1 or 2,
        "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization" => input >= 2,
        "EmbedLayerNormalization" => input is >= 2 and <= 6,
        "BiasGelu" or "FastGelu" or "BiasSplitGelu" or "BiasAdd" or "BiasDropout" => input == 1,
        "Attention" when node.Domain.Length > 0 => input is 1 or 2,
        "MultiHeadAttention" or "DecoderMaskedMultiHeadAttention" => input == 3,
        _ => false,
    };

    /// <summary>True where the operator takes a constant of its own in this place: running statistics, position caches.</summary>
    internal static bool IsConstantSlot(NodeProto node, int input) => node.OpType switch
    {
        "BatchNormalization" => input >= 3,
        "RotaryEmbedding" => input >= 1,
        "GroupQueryAttention" => input >= 7,
        "Clip" or "Dropout" or "Pad" or "OneHot" or "QuantizeLinear" or "DequantizeLinear" or "DynamicQuantizeLinear" or "Range" or "Resize" or "STFT" => input >= 1,
        _ => false,
    };

    /// <summary>Operators that join or weigh two values elementwise: a vector that meets an activation there is a bias or a gain.</summary>
    internal static bool IsElementwise(NodeProto node) => node.OpType is "Add" or "Sub" or "Mul" or "Div" or "Sum" or "Mean";

    /// <summary>Operators that put values beside each other or choose between them: a vector that meets an activation there is a learned token.</summary>
    internal static bool IsJoining(NodeProto node) => node.OpType is "Concat" or "Where" or "ScatterND" or "ScatterElements" or "Pad";

    /// <summary>Products with a weight.</summary>
    internal static bool IsProduct(NodeProto node) => node.OpType is "MatMul" or "FusedMatMul" or "Gemm" or "FusedGemm" or "Conv" or "FusedConv" or "ConvTranspose" or "Einsum";

    /// <summary>True for a factor of such a product; what is added to it, the third input, is a bias whatever the factors are.</summary>
    internal static bool IsFactor(NodeProto node, int input) => IsProduct(node) && (input < 2 || node.OpType == "Einsum");

    /// <summary>Operators that only move elements of their first input.</summary>
    internal static bool IsMovement(NodeProto node) => node.OpType is "Identity" or "Cast" or "Reshape" or "Transpose" or "Squeeze" or "Unsqueeze" or "Flatten" or "Slice" or "Split";
}
