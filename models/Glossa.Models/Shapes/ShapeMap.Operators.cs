using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Shapes;

// What each operator does to element type and shape.
public sealed partial class ShapeMap
{
    /// <summary>Infers one node; a node whose inputs cannot belong to it is the file's error.</summary>
    private void InferNode(NodeProto node)
    {
        try
        {
            InferContents(node);
            InferOutputs(node);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or OverflowException or DivideByZeroException or KeyNotFoundException)
        {
            throw new InputException($"{node.Describe()} does not fit its inputs", fix: "check its axes and shapes; the file may be damaged", inner: e);
        }
    }

    private void InferOutputs(NodeProto node)
    {
        switch (node.OpType)
        {
            case "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Mod" or "Min" or "Max" or "Sum" or "Mean" or "PRelu" or "BitwiseAnd" or "BitwiseOr" or "BitwiseXor"
                or "BitShift":
                Set(node.Out(0), Type(node.In(0)), Broadcast(node.Input));
                break;
            case "Equal":
                InferEqual(node);
                Set(node.Out(0), DataType.Bool, Broadcast(node.Input));
                break;
            case "Less" or "LessOrEqual" or "Greater" or "GreaterOrEqual" or "And" or "Or" or "Xor":
                Set(node.Out(0), DataType.Bool, Broadcast(node.Input));
                break;
            case "Where":
                Set(node.Out(0), Type(node.In(1)), Broadcast(node.Input));
                break;
            case "Not" or "IsNaN" or "IsInf":
                Set(node.Out(0), DataType.Bool, Copy(node.In(0)));
                break;
            case "Cast":
                Set(node.Out(0), (DataType)node.AttributeInt("to", 0), Copy(node.In(0)));
                break;
            case "CastLike":
                Set(node.Out(0), Type(node.In(1)), Copy(node.In(0)));
                break;
            case "MatMul" or "FusedMatMul":
                Set(node.Out(0), Type(node.In(0)), MatMulShape(node));
                break;
            case "Gemm":
                InferGemm(node);
                break;
            case "Shape":
                InferShapeOperator(node);
                break;
            case "Size":
                Set(node.Out(0), DataType.Int64, []);
                break;
            case "Constant":
                InferConstant(node);
                break;
            case "ConstantOfShape":
                Set(node.Out(0), node.Find("value")?.T is { } fill ? (DataType)fill.DataType : DataType.Float, ShapeFromContents(node.In(0)));
                break;
            case "Range":
                Set(node.Out(0), Type(node.In(0)), [_contents.TryGetValue(node.Out(0), out Dimension[]? range) ? Dimension.Of(range.Length) : RangeLength(node)]);
                break;
            default:
                InferMovement(node);
                break;
        }
    }

    private void InferMovement(NodeProto node)
    {
        DataType type = Type(node.In(0));
        switch (node.OpType)
        {
            case "Transpose":
                Set(node.Out(0), type, TransposeShape(node));
                break;
            case "Reshape":
                Set(node.Out(0), type, ReshapeShape(node));
                break;
            case "Flatten":
                Set(node.Out(0), type, FlattenShape(node));
                break;
            case "Squeeze":
                Set(node.Out(0), type, SqueezeShape(node));
                break;
            case "Unsqueeze":
                Set(node.Out(0), type, UnsqueezeShape(node));
                break;
            case "Expand":
                Set(node.Out(0), type, ExpandShape(node));
                break;
            case "Concat":
                Set(node.Out(0), type, ConcatShape(node));
                break;
            case "Split":
                InferSplit(node);
                break;
            case "Slice":
                Set(node.Out(0), type, SliceShape(node));
                break;
            case "Gather":
                Set(node.Out(0), type, GatherShape(node));
                break;
            case "GatherElements":
                Set(node.Out(0), type, Copy(node.In(1)));
                break;
            case "GatherND":
                Set(node.Out(0), type, GatherNdShape(node));
                break;
            case "Tile":
                Set(node.Out(0), type, TileShape(node));
                break;
            case "Pad":
                Set(node.Out(0), type, PadShape(node));
                break;
            case "Compress":
                Set(node.Out(0), type, node.Find("axis") is null ? [Fresh()] : WithFresh(node.In(0), (int)node.AttributeInt("axis", 0)));
                break;
            case "Resize":
                Set(node.Out(0), type, ResizeShape(node));
                break;
            case "OneHot":
                Set(node.Out(0), Type(node.In(2)), OneHotShape(node));
                break;
            case "NonZero":
                Set(node.Out(0), DataType.Int64, Rank(node.In(0)) is var rank && rank >= 0 ? [Dimension.Of(Math.Max(rank, 1)), Fresh()] : null);
                break;
            default:
                InferComputation(node);
                break;
        }
    }

    private void InferComputation(NodeProto node)
    {
        DataType type = Type(node.In(0));
        switch (node.OpType)
        {
            case "ReduceSum" or "ReduceMean" or "ReduceMax" or "ReduceMin" or "ReduceProd" or "ReduceL1" or "ReduceL2" or "ReduceLogSum"
                or "ReduceLogSumExp" or "ReduceSumSquare":
                Set(node.Out(0), type, ReduceShape(node));
                break;
            case "ArgMax" or "ArgMin":
                Set(node.Out(0), DataType.Int64, KeepAxes(node.In(0), [node.AttributeInt("axis", 0)], node.AttributeInt("keepdims", 1) != 0));
                break;
            case "TopK":
                InferTopK(node);
                break;
            case "LayerNormalization":
                Set(node.Out(0), type, Copy(node.In(0)));
                Dimension[]? statistics = NormalizedShape(node);
                Set(node.Out(1), DataType.Float, statistics);
                Set(node.Out(2), DataType.Float, (Dimension[]?)statistics?.Clone());
                break;
            case "SimplifiedLayerNormalization":
                Set(node.Out(0), type, Copy(node.In(0)));
                Set(node.Out(1), DataType.Float, NormalizedShape(node));
                break;
            case "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization":
                Set(node.Out(0), type, Copy(node.In(0)));
                Set(node.Out(3), type, Copy(node.In(0)));
                break;
            case "MaxPool" or "AveragePool" or "LpPool":
                Dimension[]? pooled = PoolShape(node);
                Set(node.Out(0), type, pooled);
                Set(node.Out(1), DataType.Int64, (Dimension[]?)pooled?.Clone());
                break;
            case "GlobalAveragePool" or "GlobalMaxPool":
                Set(node.Out(0), type, Rank(node.In(0)) < 2 ? null : [.. _shapes[node.In(0)].Select((d, i) => i < 2 ? d : Dimension.One)]);
                break;
            case "Dropout":
                Set(node.Out(0), type, Copy(node.In(0)));
                Set(node.Out(1), DataType.Bool, Copy(node.In(0)));
                break;
            case "Einsum":
                Set(node.Out(0), type, EinsumShape(node));
                break;
            case "Conv" or "FusedConv":
                Set(node.Out(0), type, ConvShape(node));
                break;
            case "ConvTranspose":
                Set(node.Out(0), type, Rank(node.In(0)) < 0 ? null : [_shapes[node.In(0)][0], .. FreshShape(Rank(node.In(0)) - 1)]);
                break;
            case "QuantizeLinear":
                Set(node.Out(0), QuantizedType(node), Copy(node.In(0)));
                break;
            case "Attention":
                InferAttention(node);
                break;
            case "DequantizeLinear":
                Set(node.Out(0), Type(node.In(1)), Copy(node.In(0)));
                break;
            case "DynamicQuantizeLinear":
                Set(node.Out(0), DataType.Uint8, Copy(node.In(0)));
                Set(node.Out(1), DataType.Float, []);
                Set(node.Out(2), DataType.Uint8, []);
                break;
            case "MatMulInteger":
                Set(node.Out(0), DataType.Int32, MatMulShape(node));
                break;
            case "ConvInteger":
                Set(node.Out(0), DataType.Int32, ConvShape(node));
                break;
            case "RandomNormal" or "RandomUniform" or "EyeLike" or "RandomNormalLike" or "RandomUniformLike" or "Bernoulli":
                Set(node.Out(0), node.Find("dtype") is { } chosen ? (DataType)chosen.I : type == DataType.Undefined ? DataType.Float : type,
                    node.AttributeInts("shape") is { } fixedShape ? Array.ConvertAll(fixedShape, Dimension.Of) : Copy(node.In(0)));
                break;
            case "Multinomial":
                Set(node.Out(0), (DataType)node.AttributeInt("dtype", (long)DataType.Int32), null);
                break;
            case "Unique":
                Set(node.Out(0), type, null);
                for (int i = 1; i < node.Output.Count; i++) Set(node.Out(i), DataType.Int64, [Fresh()]);
                break;
            default:
                InferFused(node, type);
                break;
        }
    }

    /// <summary>The operators that ONNX Runtime's optimizer writes.</summary>
    private void InferFused(NodeProto node, DataType type)
    {
        switch (node.OpType)
        {
            case "MatMulNBits" or "GemmFastGelu":
                Set(node.Out(0), type, Rank(node.In(0)) < 1 ? null
                    : [.. _shapes[node.In(0)][..^1], node.Find("N") is { } outputs ? Dimension.Of(outputs.I) : Rank(node.In(1)) == 2 ? _shapes[node.In(1)][1] : Fresh()]);
                break;
            case "TransposeMatMul":
                Set(node.Out(0), type, MatMulShape(node));
                break;
            case "FusedGemm":
                InferGemm(node);
                break;
            case "GatherBlockQuantized":
                Set(node.Out(0), Type(node.In(2)), null);
                break;
            case "EmbedLayerNormalization":
                Dimension[]? embedded = Rank(node.In(0)) == 2 && Rank(node.In(2)) == 2 ? [.. _shapes[node.In(0)], _shapes[node.In(2)][1]] : null;
                Set(node.Out(0), Type(node.In(2)), embedded);
                Set(node.Out(1), DataType.Int32, Rank(node.In(0)) == 2 ? [_shapes[node.In(0)][0]] : null);
                Set(node.Out(2), Type(node.In(2)), (Dimension[]?)embedded?.Clone());
                break;
            case "MultiHeadAttention":
                Dimension[]? query = Copy(node.In(0)), values = Copy(node.In(2));
                Set(node.Out(0), type, query is not { Length: 3 } || values is null ? null
                    : [query[0], query[1], values.Length == 3 ? values[2] : values[1] * values[3]]);
                break;
            case "GroupQueryAttention":
                Dimension[]? grouped = Copy(node.In(0));
                if (grouped is { Length: 3 } && node.In(1).Length == 0)
                {
                    long heads = node.AttributeInt("num_heads", 1), all = heads + (2 * node.AttributeInt("kv_num_heads", 1));
                    grouped[2] = grouped[2].Over(Dimension.Of(all)) * Dimension.Of(heads);
                }
                Set(node.Out(0), type, grouped);
                break;
            case "BiasSplitGelu":
                Dimension[]? split = Copy(node.In(0));
                if (split is { Length: > 0 }) split[^1] = split[^1].Over(Dimension.Of(2));
                Set(node.Out(0), type, split);
                break;
            default:
                if (SameShape.Contains(node.OpType)) Set(node.Out(0), type, Copy(node.In(0)));
                break;
        }
    }

    /// <summary>Operators whose first output has the type and shape of their first input.</summary>
    private static readonly HashSet<string> SameShape =
    [
        "Identity", "Neg", "Abs", "Sqrt", "Reciprocal", "Exp", "Log", "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish",
        "Tanh", "Erf", "Gelu", "Mish", "Softplus", "Softsign", "ThresholdedRelu", "Swish", "QuickGelu", "FastGelu", "BiasGelu", "Softmax", "LogSoftmax",
        "Hardmax", "Clip", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Floor", "Ceil", "Round", "Sign",
        "Trilu", "CumSum", "ScatterND", "ScatterElements", "RMSNormalization", "RotaryEmbedding", "BatchNormalization",
        "InstanceNormalization", "GroupNormalization", "LpNormalization", "MeanVarianceNormalization", "Shrink", "BitwiseNot", "ReverseSequence", "TensorScatter",
        "BiasAdd", "BiasDropout", "BiasSoftmax",
    ];

    private Dimension[]? Copy(string name) => (Dimension[]?)_shapes.GetValueOrDefault(name)?.Clone();

    private static int Axis(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);
}
