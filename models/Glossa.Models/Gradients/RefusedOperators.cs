namespace Glossa.Models.Gradients;

/// <summary>Operators that have no gradient on purpose, with what to do instead.</summary>
public static class RefusedOperators
{
    private const string Recurrent = "recurrent networks are not supported; freeze what stands in front of it, or choose a transformer";
    private const string Loops = "unroll the loop when exporting (a fixed number of steps), or freeze what it is computed from";
    private const string Integers = "fine-tune the float model that this one was quantized from, and quantize the result";
    private const string Packed = "export again without packing (ONNX Runtime's optimizer: leave padding removal and packed attention off)";
    private const string Fused = "export again without this fusion of ONNX Runtime's optimizer";

    /// <summary>Advice by domain ("" for ai.onnx) and operator.</summary>
    public static IReadOnlyDictionary<(string Domain, string OpType), string> Advice { get; } = new Dictionary<(string Domain, string OpType), string>
    {
        [("", "LSTM")] = Recurrent,
        [("", "GRU")] = Recurrent,
        [("", "RNN")] = Recurrent,
        [("", "Loop")] = Loops,
        [("", "Scan")] = Loops,
        [("", "DynamicQuantizeLinear")] = Integers,
        [("", "QLinearMatMul")] = Integers,
        [("", "MatMulInteger")] = Integers,
        [("", "QLinearConv")] = Integers,
        [("", "ConvInteger")] = Integers,
        [(GradientRules.Microsoft, "DynamicQuantizeMatMul")] = Integers,
        [(GradientRules.Microsoft, "MatMulIntegerToFloat")] = Integers,
        [(GradientRules.Microsoft, "QAttention")] = Integers,
        [(GradientRules.Microsoft, "QEmbedLayerNormalization")] = Integers,
        [(GradientRules.Microsoft, "PackedAttention")] = Packed,
        [(GradientRules.Microsoft, "PackedMultiHeadAttention")] = Packed,
        [(GradientRules.Microsoft, "RemovePadding")] = Packed,
        [(GradientRules.Microsoft, "RestorePadding")] = Packed,
        [(GradientRules.Microsoft, "GatedRelativePositionBias")] = Fused,
        [(GradientRules.Microsoft, "DecoderMaskedMultiHeadAttention")] = Fused,
        [(GradientRules.Microsoft, "DecoderMaskedSelfAttention")] = Fused,
        [(GradientRules.Microsoft, "SparseAttention")] = Fused,
        [(GradientRules.Microsoft, "MoE")] = Fused,
        [(GradientRules.Microsoft, "QMoE")] = Fused,
        [(GradientRules.Microsoft, "LongformerAttention")] = Fused,
    };
}
