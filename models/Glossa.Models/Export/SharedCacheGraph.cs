using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Export;

/// <summary>
/// A causal model in the form that onnxruntime-genai runs: attention is GroupQueryAttention, which writes new keys and values into buffers as long as the context, so that
/// <c>past_key_values.N.*</c> and <c>present.N.*</c> are the same memory. How many tokens a buffer holds is told by <c>attention_mask</c> alone.
/// </summary>
public static class SharedCacheGraph
{
    private const string Mask = "attention_mask";

    /// <summary>What the runtime's kernel asks of a head.</summary>
    private const long HeadSizeMultiple = 16;

    private const int SequenceLengths = 5, TotalLength = 6;

    /// <summary>Rewrites a model, which is left as it is.</summary>
    /// <param name="model">A causal model with <c>input_ids</c>, <c>attention_mask</c>, maybe <c>position_ids</c>, and a cache.</param>
    /// <exception cref="InputException">The model is none, or its attention is more than a causal mask over heads of a multiple of 16; the message says what is in the way.</exception>
    public static ModelProto Of(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        CheckSignature(model.Graph);
        ModelProto fused = GraphOptimizer.Optimize(model, new OptimizationOptions { Attention = AttentionOperator.GroupQuery }).Model;
        GraphProto graph = fused.Graph;
        NodeProto[] attentions = [.. graph.Node.Where(node => node.OpType == "GroupQueryAttention")];
        int caches = graph.Input.Count(input => IsCache(input.Name));
        if (attentions.Length * 2 != caches)
            throw Unfit($"{attentions.Length} of its {caches / 2} attentions were recognised", "the others are of a form that GroupQueryAttention does not compute");
        GraphIndex index = new(graph);
        foreach (NodeProto attention in attentions) CheckAttention(graph, index, attention);
        Rewire(graph, attentions);
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
        if (graph.Node.FirstOrDefault(node => node.OpType != "GroupQueryAttention" && node.Input.Any(IsCache)) is { } reader)
            throw Unfit($"{reader.Describe()} reads the cache", "its length is not that of the text where memory is shared; export the model with position_ids");
        return fused;
    }

    /// <summary>True for an input that holds keys or values.</summary>
    public static bool IsCache(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith("past_key_values.", StringComparison.Ordinal);
    }

    /// <summary>Why heads of a size do not fit the runtime's kernel, and what to do; null where they fit.</summary>
    public static (string Why, string Fix)? UnfitHead(long size) => size > 0 && size % HeadSizeMultiple == 0 ? null
        : ($"its heads are {size} wide", $"onnxruntime-genai takes multiples of {HeadSizeMultiple}; train with a width of heads x {(size + HeadSizeMultiple - 1) / HeadSizeMultiple * HeadSizeMultiple}");

    private static void CheckSignature(GraphProto graph)
    {
        string[] known = ["input_ids", Mask, "position_ids"];
        if (graph.Input.FirstOrDefault(input => !known.Contains(input.Name) && !IsCache(input.Name)) is { } unknown) throw Unfit($"its input '{unknown.Name}' is not known", null);
        foreach (string needed in (string[])["input_ids", Mask])
            if (graph.Input.All(input => input.Name != needed)) throw Unfit($"it has no input '{needed}'", null);
        if (!graph.Input.Any(input => IsCache(input.Name))) throw Unfit("it has no cache", "export it with past_key_values");
        if (graph.Output.All(output => output.Name != "logits")) throw Unfit("it has no output 'logits'", null);
    }

    private static void CheckAttention(GraphProto graph, GraphIndex index, NodeProto attention)
    {
        ValueInfoProto cache = graph.Input.Single(input => input.Name == attention.Input[3]);
        long size = cache.Type.TensorType.Shape.Dim[3].DimValue;
        if (UnfitHead(size) is (string why, string fix)) throw Unfit(why, fix);
        if (attention.In(10) is { Length: > 0 } bias && Table(graph, index, bias) is { } table)
            throw Unfit($"'{table}' is added to the scores of {attention.Describe()}", "there, only the causal mask may be");
    }

    /// <summary>A float tensor that a bias is made of: a mask is made of lengths and comparisons alone.</summary>
    private static string? Table(GraphProto graph, GraphIndex index, string bias)
    {
        HashSet<string> seen = [];
        Stack<string> open = new([bias]);
        while (open.TryPop(out string? value))
        {
            if (!seen.Add(value)) continue;
            if (index.Initializer(value) is { } tensor && tensor.DataType != (int)DataType.Int64 && tensor.DataType != (int)DataType.Bool && OnnxFactory.ElementCount(tensor) > 1) return value;
            if (index.Producer(value) is not { OpType: not "Shape" } node) continue;
            foreach (string input in node.Input) open.Push(input);
        }
        return null;
    }

    private static void Rewire(GraphProto graph, NodeProto[] attentions)
    {
        GraphBuilder g = new(graph);
        using IDisposable scope = g.Scope("cache");
        Value mask = new(Mask);
        Value last = g.Cast(g.Sub(g.ReduceSum(mask, [1], keepDims: false, "tokens"), g.Constant(1L), "last64"), DataType.Int32, "last");
        Value total = g.Cast(g.Gather(g.Shape(mask, "mask_shape"), g.Constant(1L), 0, "length"), DataType.Int32, "total");
        foreach (NodeProto attention in attentions)
        {
            attention.Input[SequenceLengths] = last.Name;
            attention.Input[TotalLength] = total.Name;
            // The operator masks later keys, and those beyond the length, by itself.
            while (attention.Input.Count > TotalLength + 1) attention.Input.RemoveAt(attention.Input.Count - 1);
        }
    }

    private static InputException Unfit(string why, string? fix) => new($"no model for onnxruntime-genai can be made of it: {why}", fix: fix);
}
