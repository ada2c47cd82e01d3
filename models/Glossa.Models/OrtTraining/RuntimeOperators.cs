using System.Collections.Frozen;
using Glossa.Models.Import;
using Glossa.Models.Onnx;

namespace Glossa.Models.OrtTraining;

/// <summary>
/// The operators that ONNX Runtime Training 1.19.2 has kernels for on the CPU, in float32, as its WebAssembly build answered when it was asked for one after the other.
/// </summary>
internal static class RuntimeOperators
{
    /// <summary>The domain of the runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    private const string StandardNames =
        """
        Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Bernoulli BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
        BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT
        DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu
        Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax
        Identity If InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger
        Max MaxPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot
        Or PRelu Pad Pow RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
        ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RoiAlign Round STFT Scan ScatterElements ScatterND Selu Shape Shrink
        Sigmoid Sign SimplifiedLayerNormalization Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh
        ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Where Xor
        """;

    private const string OwnNames =
        """
        Attention BiasGelu CDist DequantizeLinear DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm FusedMatMul Gelu GroupQueryAttention
        InPlaceAccumulatorV2 Inverse MatMulIntegerToFloat MatMulNBits MultiHeadAttention QuantizeLinear QuickGelu RotaryEmbedding SkipLayerNormalization
        SkipSimplifiedLayerNormalization TransposeMatMul Trilu
        """;

    private static readonly FrozenSet<string> Standard = Names(StandardNames), Own = Names(OwnNames);

    /// <summary>Operators of the runtime that took fewer inputs in 1.19.2 than they do today.</summary>
    private static readonly FrozenDictionary<string, int> MostInputs =
        new Dictionary<string, int> { ["GroupQueryAttention"] = 9, ["MultiHeadAttention"] = 8, ["MatMulNBits"] = 5 }.ToFrozenDictionary();

    /// <summary>True where the runtime has a kernel for the node.</summary>
    public static bool Has(NodeProto node) => OperatorSets.Normal(node.Domain) switch
    {
        "" => Standard.Contains(node.OpType),
        Microsoft => Own.Contains(node.OpType) && (!MostInputs.TryGetValue(node.OpType, out int most) || node.Input.Skip(most).All(input => input.Length == 0)),
        _ => false,
    };

    private static FrozenSet<string> Names(string list) => list.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();
}
