using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.TaskHeads;

/// <summary>
/// Gives a forward graph the head that classification needs: <c>logits</c> [batch, classes]. Token states are pooled and multiplied by
/// <c>classifier.weight</c> [classes, hidden]; a head of another width is replaced; one that fits is kept. The nodes exist since operator set 13.
/// </summary>
public static class ClassificationHead
{
    /// <summary>Name of the output.</summary>
    public const string Logits = "logits";

    private const string Weight = "classifier.weight", Bias = "classifier.bias";
    private static readonly string[] StateNames = ["last_hidden_state", "token_embeddings", "hidden_states"];
    private static readonly string[] VectorNames = ["pooler_output", "sentence_embedding"];

    /// <summary>Attaches, replaces or keeps the head; <paramref name="original"/> is not changed.</summary>
    /// <exception cref="InputException">The graph gives neither token states, nor a vector a text, nor logits a text.</exception>
    public static HeadedModel Attach(ModelProto original, HeadOptions options)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(options);
        ModelProto model = original.Clone();
        OperatorSetUpgrade.Apply(model);
        GraphProto graph = model.Graph;
        if (GraphSignature.Output(graph, Logits) is { } logits) return Fit(model, logits, options);
        if (States(graph) is { } states)
        {
            string how = options.Pooling == Pooling.Mean ? "mean of the token states" : "first token's state";
            return Add(model, g => Pool(g, new Value(states.Name), options.Pooling), states, options, $"a new head of {options.Classes} classes on the {how}");
        }
        if (VectorNames.Select(name => GraphSignature.Output(graph, name)).FirstOrDefault(output => output is not null) is { } vector)
            return Add(model, _ => new Value(vector.Name), vector, options, $"a new head of {options.Classes} classes on '{vector.Name}'");
        throw new InputException($"the graph gives {string.Join(", ", graph.Output.Select(output => $"'{output.Name}'"))}, nothing that texts can be classified by",
            fix: "export the model for feature extraction (last_hidden_state) or for text classification (logits)");
    }

    private static HeadedModel Fit(ModelProto model, ValueInfoProto logits, HeadOptions options)
    {
        GraphProto graph = model.Graph;
        if (GraphSignature.Rank(logits) is not (2 or -1))
        {
            throw new InputException($"the graph's logits have {GraphSignature.Rank(logits)} dimensions: it predicts tokens, not classes of texts",
                fix: "export the model for feature extraction (last_hidden_state) or for text classification");
        }
        GraphIndex index = new(graph);
        (string input, long hidden, long classes) = OldHead(index, logits.Name);
        if (classes == options.Classes)
        {
            GraphSignature.SetOutput(graph, logits.Name, classes);
            return new HeadedModel(model, [], null);
        }
        foreach (NodeProto node in graph.Node.Where(node => node.Output.Contains(logits.Name)).ToArray()) graph.Node.Remove(node);
        graph.Output.Remove(logits);
        GraphCleaning.DropUnread(Reading(graph, input));
        return Add(model, _ => new Value(input), hidden, options, $"the head of {classes} classes was replaced by a new one of {options.Classes}");
    }

    // Output lists of the graph while the head is off: what its input is computed from stays.
    private static GraphProto Reading(GraphProto graph, string value)
    {
        graph.Output.Clear();
        graph.Output.Add(new ValueInfoProto { Name = value });
        foreach (ValueInfoProto stale in graph.ValueInfo.Where(info => info.Name == Logits).ToArray()) graph.ValueInfo.Remove(stale);
        return graph;
    }

    private static (string Input, long Hidden, long Classes) OldHead(GraphIndex index, string logits)
    {
        NodeProto? node = index.Producer(logits);
        if (node?.OpType == "Add") node = index.Producer(node.Input[0], "MatMul") ?? index.Producer(node.Input[1], "MatMul");
        if (node is { OpType: "MatMul" or "Gemm" } && index.Initializer(node.Input[1]) is { Dims.Count: 2 } weight && GraphIndex.IntAttribute(node, "transA", 0) == 0)
        {
            bool transposed = GraphIndex.IntAttribute(node, "transB", 0) != 0;
            return (node.Input[0], weight.Dims[transposed ? 1 : 0], weight.Dims[transposed ? 0 : 1]);
        }
        throw new InputException($"the graph's '{logits}' does not come from a linear layer ({node?.OpType ?? "no node"})", fix: "export the model for feature extraction (last_hidden_state)");
    }

    private static ValueInfoProto? States(GraphProto graph) =>
        StateNames.Select(name => GraphSignature.Output(graph, name)).FirstOrDefault(output => output is not null)
        ?? graph.Output.FirstOrDefault(output => GraphSignature.Rank(output) == 3 && !output.Name.StartsWith("present", StringComparison.Ordinal));

    private static HeadedModel Add(ModelProto model, Func<GraphBuilder, Value> vector, ValueInfoProto states, HeadOptions options, string note) =>
        Add(model, vector, GraphSignature.Width(states) ?? options.HiddenSize
            ?? throw new InputException($"the width of '{states.Name}' is not known", fix: "give config.json its hidden_size"), options, note);

    private static HeadedModel Add(ModelProto model, Func<GraphBuilder, Value> vector, long hidden, HeadOptions options, string note)
    {
        GraphProto graph = model.Graph;
        GraphCleaning.DropUnread(graph);
        GraphBuilder g = new(graph);
        Value pooled = vector(g);
        SeededRandom random = new(options.Seed, 0x4EAD);
        float[] weights = new float[hidden * options.Classes];
        for (int i = 0; i < weights.Length; i++) weights[i] = (float)random.NextNormal() * options.Deviation;
        Value weight = New(g, name => OnnxFactory.Tensor(name, [options.Classes, hidden], weights), Weight);
        Value bias = New(g, name => OnnxFactory.Tensor(name, [options.Classes], new float[options.Classes]), Bias);
        Value logits = g.Op("Gemm", [pooled, weight, bias], Logits, "", OnnxFactory.Attribute("transB", 1L));
        GraphSignature.SetOutput(graph, logits.Name, options.Classes);
        GraphCleaning.DropUnread(graph);
        return new HeadedModel(model, [weight.Name, bias.Name], note);
    }

    private static Value New(GraphBuilder g, Func<string, TensorProto> make, string hint)
    {
        TensorProto tensor = make(g.Unique(hint));
        g.Graph.Initializer.Add(tensor);
        return new Value(tensor.Name);
    }

    private static Value Pool(GraphBuilder g, Value states, Pooling pooling)
    {
        using IDisposable scope = g.Scope("pooling");
        if (pooling == Pooling.First) return g.Gather(states, g.Constant(0L), 1, "first");
        if (GraphSignature.Input(g.Graph, "attention_mask") is null)
        {
            Value count = g.Cast(g.Gather(g.Shape(states), g.Constant(1L), 0, "length"), DataType.Float, "count");
            return g.Div(g.ReduceSum(states, [1], false, "sum"), count, "mean");
        }
        Value mask = g.Unsqueeze(g.Cast(new Value("attention_mask"), DataType.Float, "mask"), [2], "mask_column");
        Value sum = g.ReduceSum(g.Mul(states, mask, "masked"), [1], false, "sum");
        return g.Div(sum, g.Op("Max", [g.ReduceSum(mask, [1], false, "count"), g.Constant(1e-9f)], "positive_count"), "mean");
    }
}
