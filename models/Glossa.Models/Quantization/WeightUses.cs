using Glossa.Models.Import;
using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>How a node uses a weight.</summary>
/// <param name="Node">A MatMul, Gemm, or Gather.</param>
/// <param name="Weight">The initializer.</param>
/// <param name="ByRow">
/// True where an output channel (or an embedded token) is a row of the stored matrix; false where it is a column.
/// </param>
/// <param name="FirstRow">First row of the stored matrix that is used.</param>
/// <param name="EndRow">The row after the last one that is used.</param>
/// <param name="IsPositions">True for a Gather by something else than token ids: a table of positions.</param>
internal sealed record WeightUse(NodeProto Node, TensorProto Weight, bool ByRow, int FirstRow, int EndRow, bool IsPositions = false)
{
    /// <summary>True where some rows of the stored matrix are left out (a tied head without the language tags).</summary>
    public bool IsPart => EndRow - FirstRow < Weight.Dims[0];

    /// <summary>Number of inputs of a channel; of an embedding, its width.</summary>
    public int Inputs => ByRow ? (int)Weight.Dims[1] : EndRow - FirstRow;
}

/// <summary>Finds the operators of a graph whose weights can be held in uint8.</summary>
internal sealed class WeightUses
{
    private const int SmallestTable = 16;
    private readonly GraphProto _graph;
    private readonly DynamicQuantizationOptions _options;
    private readonly Dictionary<string, TensorProto> _weights = [];
    private readonly Dictionary<string, TensorProto> _integers = [];
    private readonly Dictionary<string, NodeProto> _producers = [];
    private readonly List<WeightUse> _uses = [];

    public WeightUses(GraphProto graph, long irVersion, DynamicQuantizationOptions options)
    {
        _graph = graph;
        _options = options;
        // From IR version 4 on, an initializer that is also an input is a default the caller may replace.
        HashSet<string> replaceable = irVersion < 4 ? [] : [.. graph.Input.Select(i => i.Name)];
        foreach (TensorProto tensor in graph.Initializer)
        {
            if (tensor.DataType == (int)TensorProto.Types.DataType.Float && tensor.Dims.Count == 2 && tensor.Dims.All(d => d > 0)
                && !replaceable.Contains(tensor.Name) && !options.KeepFloat.Contains(tensor.Name))
                _weights.Add(tensor.Name, tensor);
            if (tensor.DataType is (int)TensorProto.Types.DataType.Int64 or (int)TensorProto.Types.DataType.Int32 && !replaceable.Contains(tensor.Name))
                _integers.Add(tensor.Name, tensor);
        }
        foreach (NodeProto node in graph.Node)
            foreach (string output in node.Output)
                _producers[output] = node;
        foreach (NodeProto node in graph.Node)
            if (Match(node) is { } use)
                _uses.Add(use);
        RemoveEmbeddingsThatSaveNothing();
    }

    /// <summary>The uses, in graph order.</summary>
    public IReadOnlyList<WeightUse> All => _uses;

    /// <summary>True where a quantized token embedding reads the weight.</summary>
    public bool IsEmbedding(string weight) => _uses.Any(u => u.Node.OpType == "Gather" && u.Weight.Name == weight);

    private WeightUse? Match(NodeProto node)
    {
        if (!IsStandard(node)) return null;
        bool product = node.OpType == "MatMul" || (node.OpType == "Gemm" && Integer(node, "transA") == 0);
        if (product && Resolve(node.Input[1]) is { } b && Resolve(node.Input[0]) is null)
        {
            bool byRow = b.Transposed ^ (node.OpType == "Gemm" && Integer(node, "transB") != 0);
            // A part of the rows is a part of the channels only where channels are rows.
            return byRow || b.IsWhole ? new WeightUse(node, b.Tensor, byRow, b.FirstRow, b.EndRow) : null;
        }
        bool embedding = node.OpType == "Gather" && _options.Embeddings && Integer(node, "axis") == 0;
        if (!embedding || Resolve(node.Input[0]) is not { Transposed: false, IsWhole: true } table) return null;
        bool tokens = IsTokenIds(node.Input[1]);
        return tokens || (_options.Positions && IsTrainedTable(table.Tensor)) ? new WeightUse(node, table.Tensor, true, table.FirstRow, table.EndRow, !tokens) : null;
    }

    // A table of few rows saves nothing; one that follows a formula (sinusoids) turns angles, which rounding would bend.
    private static bool IsTrainedTable(TensorProto table) => table.Dims[0] >= SmallestTable && !ParameterRule.ByFormula(table);

    /// <summary>The initializer behind a value, through Identity, Transpose and a Slice of rows, or null.</summary>
    private Matrix? Resolve(string name)
    {
        if (_weights.TryGetValue(name, out TensorProto? weight)) return new Matrix(weight, false, 0, (int)weight.Dims[0]);
        if (!_producers.TryGetValue(name, out NodeProto? producer) || !IsStandard(producer)) return null;
        switch (producer.OpType)
        {
            case "Identity":
                return Resolve(producer.Input[0]);
            case "Transpose" when producer.Attribute.FirstOrDefault(a => a.Name == "perm") is not { } perm || perm.Ints is [1, 0]:
                return Resolve(producer.Input[0]) is { } turned ? turned with { Transposed = !turned.Transposed } : null;
            case "Slice" when Resolve(producer.Input[0]) is { Transposed: false, IsWhole: true } whole && RowsOf(producer, whole.EndRow) is var (first, end):
                return whole with { FirstRow = first, EndRow = end };
            default:
                return null;
        }
    }

    /// <summary>The rows that a Slice with constant inputs keeps, or null where it does anything but keep some consecutive ones.</summary>
    private (int First, int End)? RowsOf(NodeProto slice, int rows)
    {
        long? Constant(int input) => input < slice.Input.Count && _integers.TryGetValue(slice.Input[input], out TensorProto? tensor)
            && OnnxFactory.ElementCount(tensor) == 1 ? OnnxFactory.Integers(tensor)[0] : null;
        if (Constant(1) is not { } start || Constant(2) is not { } end || Constant(3) is not 0) return null;
        if (slice.Input.Count > 4 && Constant(4) is not 1) return null;
        long first = Math.Clamp(start < 0 ? start + rows : start, 0, rows), last = Math.Clamp(end < 0 ? end + rows : end, 0, rows);
        return first < last ? ((int)first, (int)last) : null;
    }

    private bool IsAlias(NodeProto node) =>
        node.OpType is "Identity" or "Transpose" or "Slice" && node.Output.Count == 1 && Resolve(node.Output[0]) is not null;

    private bool IsTokenIds(string name)
    {
        while (_producers.TryGetValue(name, out NodeProto? producer))
        {
            if (producer.OpType is not ("Cast" or "Identity" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten")) return false;
            name = producer.Input[0];
        }
        return _options.TokenInputs.Contains(name);
    }

    // A table that some operator still reads as floats stays in the file anyway: a uint8 copy beside it saves nothing.
    private void RemoveEmbeddingsThatSaveNothing()
    {
        HashSet<NodeProto> quantized = new(_uses.Select(u => u.Node), ReferenceEqualityComparer.Instance);
        HashSet<string> floatUses = [];
        foreach (NodeProto node in _graph.Node)
        {
            if (quantized.Contains(node) || IsAlias(node)) continue;
            foreach (string input in node.Input)
                if (Resolve(input) is { } read)
                    floatUses.Add(read.Tensor.Name);
        }
        foreach (string name in SubgraphReferences(_graph).Concat(_graph.Output.Select(o => o.Name)))
            if (Resolve(name) is { } read)
                floatUses.Add(read.Tensor.Name);
        _uses.RemoveAll(use => use.Node.OpType == "Gather" && floatUses.Contains(use.Weight.Name));
    }

    /// <summary>Every name that bodies of If, Loop and Scan mention; those that are not their own come from the graph around them.</summary>
    public static IEnumerable<string> SubgraphReferences(GraphProto graph) =>
        graph.Node.SelectMany(node => node.Attribute)
            .SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Append(attribute.G))
            .SelectMany(body => body.Node.SelectMany(n => n.Input)
                .Concat(body.Output.Select(o => o.Name)).Concat(SubgraphReferences(body)));

    public static bool IsStandard(NodeProto node) => node.Domain.Length == 0 || node.Domain == "ai.onnx";

    public static long Integer(NodeProto node, string attribute) => node.Attribute.FirstOrDefault(a => a.Name == attribute)?.I ?? 0;

    private sealed record Matrix(TensorProto Tensor, bool Transposed, int FirstRow, int EndRow)
    {
        public bool IsWhole => EndRow - FirstRow == Tensor.Dims[0];
    }
}
