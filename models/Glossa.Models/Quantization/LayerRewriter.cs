using System.Runtime.InteropServices;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Quantization;

/// <summary>Appends the int8 form of single layers to a graph; what layers share (activations, matrices) is made once.</summary>
internal sealed class LayerRewriter
{
    private readonly WeightUses _uses;
    private readonly DynamicQuantizationOptions _options;
    private readonly HashSet<string> _embeddings;
    private readonly Dictionary<string, Value[]> _activations = [];
    private readonly Dictionary<(string, bool), StoredWeight> _stored = [];

    public LayerRewriter(GraphProto graph, WeightUses uses, DynamicQuantizationOptions options)
    {
        Builder = new GraphBuilder(graph);
        _uses = uses;
        _options = options;
        _embeddings = [.. uses.All.Where(u => u.Node.OpType == "Gather").Select(u => u.Weight.Name)];
    }

    /// <summary>Appends to the graph.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>Appends the int8 form of a layer, whose result is called <paramref name="output"/>.</summary>
    public QuantizedLayer Rewrite(WeightUse use, string output)
    {
        StoredWeight weight = Store(use.Weight, use.ByRow);
        switch (use.Node.OpType)
        {
            case "Gather":
                Embed(use.Node, weight, output);
                break;
            case "Gemm":
                Gemm(use.Node, weight, output);
                break;
            default:
                Multiply(use.Node.Input[0], weight, output);
                break;
        }
        return new QuantizedLayer(use.Weight.Name, use.Node.OpType, output, [.. use.Weight.Dims], weight.RelativeError);
    }

    private void Embed(NodeProto node, StoredWeight weight, string output)
    {
        // One zero point for all tokens, so that DequantizeLinear centres the bytes and the token's scale is one product.
        Value rows = Builder.Op("Gather", [weight.Data, new Value(node.Input[1])], output + "_rows");
        Value centred = Builder.Op("DequantizeLinear", [rows, Builder.Constant(1f), weight.ZeroPoint], output + "_centred");
        Value scale = Builder.Unsqueeze(Builder.Gather(weight.Scale, new Value(node.Input[1]), 0, output + "_token_scale"), [-1]);
        Finish(Builder.Mul(centred, scale), output);
    }

    private void Gemm(NodeProto node, StoredWeight weight, string output)
    {
        float alpha = node.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? 1;
        float beta = node.Attribute.FirstOrDefault(a => a.Name == "beta")?.F ?? 1;
        Value product = Multiply(node.Input[0], weight, output, alpha);
        if (node.Input.Count < 3 || node.Input[2].Length == 0 || beta == 0) return;
        Value unbiased = Finish(product, Builder.Unique(output + "_unbiased"));
        Value bias = new(node.Input[2]);
        if (beta != 1) bias = Builder.Mul(bias, Builder.Constant(beta));
        Finish(Builder.Add(unbiased, bias), output);
    }

    private Value Multiply(string activation, StoredWeight weight, string output, float alpha = 1)
    {
        Value[] a = Activation(activation);
        Value sums = Builder.Op("MatMulInteger", [a[0], weight.Matrix, a[2], weight.ZeroPoint], output + "_sums");
        Value cast = Builder.Cast(sums, TensorProto.Types.DataType.Float, output + "_float");
        Value scale = Builder.Mul(a[1], weight.Scale, output + "_scale");
        if (alpha != 1) scale = Builder.Mul(scale, Builder.Constant(alpha));
        return Finish(Builder.Mul(cast, scale), output);
    }

    private Value[] Activation(string name)
    {
        if (_activations.TryGetValue(name, out Value[]? known)) return known;
        Value[] made = Builder.Ops("DynamicQuantizeLinear", [new Value(name)], [name + "_quantized", name + "_scale", name + "_zero_point"]);
        return _activations[name] = made;
    }

    private StoredWeight Store(TensorProto tensor, bool byRow)
    {
        if (_stored.TryGetValue((tensor.Name, byRow), out StoredWeight? known)) return known;
        bool isEmbedding = byRow && _embeddings.Contains(tensor.Name);
        bool symmetric = isEmbedding || _options.SymmetricWeights;
        int rows = checked((int)tensor.Dims[0]), columns = checked((int)tensor.Dims[1]);
        QuantizedWeight weight;
        try
        {
            weight = QuantizedWeight.Quantize(Floats(tensor), columns, byRow, symmetric);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"weight '{tensor.Name}' is not finite: {e.Message}", fix: "train again with a lower learning rate", inner: e);
        }

        // Output channels are columns for MatMulInteger. A matrix that Gather reads by row as well is kept by row and
        // transposed in the graph, which ONNX Runtime does once, when it loads the model.
        bool turn = byRow && !isEmbedding;
        byte[] data = turn ? Transposed(weight.Data, rows, columns) : weight.Data;
        long[] shape = turn ? [columns, rows] : [rows, columns];
        Value stored = Add(tensor.Name + "_quantized", TensorProto.Types.DataType.Uint8, shape, data);
        Value scale = Add(tensor.Name + "_scale", TensorProto.Types.DataType.Float, [weight.Scales.Length], MemoryMarshal.AsBytes<float>(weight.Scales));
        Value zeroPoint = symmetric
            ? Add(tensor.Name + "_zero_point", TensorProto.Types.DataType.Uint8, [], [QuantizedWeight.SymmetricZeroPoint])
            : Add(tensor.Name + "_zero_point", TensorProto.Types.DataType.Uint8, [weight.ZeroPoints.Length], weight.ZeroPoints);
        bool transposeInGraph = isEmbedding && _uses.All.Any(u => u.Weight == tensor && u.ByRow && u.Node.OpType != "Gather");
        Value matrix = transposeInGraph ? Builder.Transpose(stored, [1, 0], tensor.Name + "_transposed") : stored;
        return _stored[(tensor.Name, byRow)] = new StoredWeight(stored, matrix, scale, zeroPoint, weight.RelativeError);
    }

    private Value Add(string hint, TensorProto.Types.DataType type, long[] shape, ReadOnlySpan<byte> data)
    {
        string name = Builder.Unique(hint);
        Builder.Graph.Initializer.Add(Raw(name, type, shape, data));
        return new Value(name);
    }

    private Value Finish(Value last, string name)
    {
        NodeProto node = Builder.Graph.Node[^1];
        if (node.Output[0] != last.Name) throw new InvalidOperationException("only the last node is renamed");
        node.Output[0] = name;
        node.Name = name;
        return new Value(name);
    }

    private static byte[] Transposed(byte[] data, int rows, int columns)
    {
        byte[] turned = new byte[data.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                turned[column * rows + row] = data[row * columns + column];
        return turned;
    }

    /// <param name="Data">The bytes in stored order, for Gather.</param>
    /// <param name="Matrix">The bytes as [in, out], for MatMulInteger.</param>
    /// <param name="Scale">float32[channels].</param>
    /// <param name="ZeroPoint">uint8 scalar or [channels].</param>
    /// <param name="RelativeError">Rounding error of the matrix.</param>
    private sealed record StoredWeight(Value Data, Value Matrix, Value Scale, Value ZeroPoint, double RelativeError);
}
