using System.Runtime.InteropServices;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Quantization;

/// <summary>Appends the int8 form of single layers to a graph; what layers share (activations, matrices) is made once.</summary>
internal sealed class LayerRewriter
{
    private readonly DynamicQuantizationOptions _options;
    private readonly HashSet<string> _embeddings, _read;
    private readonly Dictionary<string, Value[]> _activations = [];
    private readonly Dictionary<(string, bool, int, int, bool), StoredWeight> _stored = [];
    private readonly Dictionary<string, StoredWeight> _tables = [];

    public LayerRewriter(GraphProto graph, WeightUses uses, DynamicQuantizationOptions options)
    {
        Builder = new GraphBuilder(graph);
        _options = options;
        _read = [.. uses.All.Where(u => u.Node.OpType != "Gather").Select(u => u.Weight.Name)];
        _embeddings = [.. uses.All.Where(u => u.Node.OpType == "Gather").Select(u => u.Weight.Name)];
    }

    /// <summary>Appends to the graph.</summary>
    public GraphBuilder Builder { get; }

    /// <summary>Appends the int8 form of a layer, whose result is called <paramref name="output"/>.</summary>
    public QuantizedLayer Rewrite(WeightUse use, string output)
    {
        StoredWeight weight = Store(use);
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
        return new QuantizedLayer(use.Weight.Name, use.Node.OpType, output, [use.EndRow - use.FirstRow, use.Weight.Dims[1]], weight.RelativeError);
    }

    private void Embed(NodeProto node, StoredWeight weight, string output)
    {
        // One zero point for all tokens, so that DequantizeLinear centres the bytes and the token's scale is one product.
        Value rows = Builder.Op("Gather", [weight.Matrix, new Value(node.Input[1])], output + "_rows");
        Value centred = Builder.Op("DequantizeLinear", [rows, Builder.Constant(1f), weight.ZeroPoint], output + "_centred");
        Value scale = Builder.Gather(weight.Scale, new Value(node.Input[1]), 0, output + "_token_scale");
        if (weight.HalfScales) scale = Builder.Cast(scale, TensorProto.Types.DataType.Float, output + "_token_scale_float");
        scale = Builder.Unsqueeze(scale, [-1]);
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

    private StoredWeight Store(WeightUse use)
    {
        string name = use.Weight.Name;
        bool shared = use.ByRow && _embeddings.Contains(name);
        var key = (name, use.ByRow, use.FirstRow, use.EndRow, use.Node.OpType == "Gather");
        if (_stored.TryGetValue(key, out StoredWeight? known)) return known;
        return _stored[key] = shared ? StoreShared(use) : StoreAlone(use);
    }

    // Output channels are columns for MatMulInteger, so a matrix that only products read is stored that way round.
    private StoredWeight StoreAlone(WeightUse use)
    {
        int columns = checked((int)use.Weight.Dims[1]), rows = use.EndRow - use.FirstRow;
        QuantizedWeight weight = Round(use.Weight, use.FirstRow, use.EndRow, use.ByRow, _options.SymmetricWeights);
        byte[] data = use.ByRow ? Transposed(weight.Data, rows, columns) : weight.Data;
        Value matrix = Add(use.Weight.Name + "_quantized", TensorProto.Types.DataType.Uint8, use.ByRow ? [columns, rows] : [rows, columns], data);
        Value scale = Add(use.Weight.Name + "_scale", TensorProto.Types.DataType.Float, [weight.Scales.Length], MemoryMarshal.AsBytes<float>(weight.Scales));
        Value zeroPoint = _options.SymmetricWeights
            ? Add(use.Weight.Name + "_zero_point", TensorProto.Types.DataType.Uint8, [], [QuantizedWeight.SymmetricZeroPoint])
            : Add(use.Weight.Name + "_zero_point", TensorProto.Types.DataType.Uint8, [weight.ZeroPoints.Length], weight.ZeroPoints);
        return new StoredWeight(matrix, scale, zeroPoint, weight.RelativeError);
    }

    // A token embedding is stored by row. A head that reads it too slices and transposes the bytes in the graph, which
    // ONNX Runtime does once, when it loads the model: the file holds the matrix once.
    private StoredWeight StoreShared(WeightUse use)
    {
        string name = use.Weight.Name;
        if (!_tables.TryGetValue(name, out StoredWeight? table))
        {
            bool half = _options.HalfScales && !_read.Contains(name);
            QuantizedWeight weight = Round(use.Weight, 0, (int)use.Weight.Dims[0], byRow: true, symmetric: true, half);
            half &= QuantizedWeight.FitHalf(weight.Scales);
            Value scales = half
                ? Add(name + "_scale", TensorProto.Types.DataType.Float16, [weight.Scales.Length], MemoryMarshal.AsBytes<Half>(Array.ConvertAll(weight.Scales, s => (Half)s)))
                : Add(name + "_scale", TensorProto.Types.DataType.Float, [weight.Scales.Length], MemoryMarshal.AsBytes<float>(weight.Scales));
            table = _tables[name] = new StoredWeight(
                Add(name + "_quantized", TensorProto.Types.DataType.Uint8, [.. use.Weight.Dims], weight.Data), scales,
                Add(name + "_zero_point", TensorProto.Types.DataType.Uint8, [], [QuantizedWeight.SymmetricZeroPoint]), weight.RelativeError, half);
        }
        if (use.Node.OpType == "Gather") return table;
        Value rows = table.Matrix, scale = table.Scale;
        if (use.IsPart)
        {
            Value first = Builder.Ints(use.FirstRow), end = Builder.Ints(use.EndRow), axis = Builder.Ints(0);
            rows = Builder.Op("Slice", [rows, first, end, axis], name + "_rows");
            scale = Builder.Op("Slice", [scale, first, end, axis], name + "_row_scale");
        }
        return table with { Matrix = Builder.Transpose(rows, [1, 0], name + "_transposed"), Scale = scale };
    }

    private static QuantizedWeight Round(TensorProto tensor, int firstRow, int endRow, bool byRow, bool symmetric, bool half = false)
    {
        int columns = checked((int)tensor.Dims[1]);
        try
        {
            return QuantizedWeight.Quantize(Floats(tensor).AsSpan(firstRow * columns, (endRow - firstRow) * columns), columns, byRow, symmetric, half);
        }
        catch (ArgumentException e)
        {
            throw new InputException($"weight '{tensor.Name}' is not finite: {e.Message}", fix: "train again with a lower learning rate", inner: e);
        }
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

    /// <param name="Matrix">The bytes: [in, out] for MatMulInteger, [tokens, width] for Gather.</param>
    /// <param name="Scale">float32 or float16 [channels].</param>
    /// <param name="ZeroPoint">uint8 scalar or [channels].</param>
    /// <param name="RelativeError">Rounding error of the matrix.</param>
    /// <param name="HalfScales">True where the scales are float16.</param>
    private sealed record StoredWeight(Value Matrix, Value Scale, Value ZeroPoint, double RelativeError, bool HalfScales = false);
}
