using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>What a rule sees of the node that it differentiates, and where it hands in the gradients.</summary>
public sealed class GradientContext
{
    private readonly Func<string, Value?> _gradientOf;
    private readonly Func<int, bool> _wants;
    private readonly Action<int, Value> _give;

    internal GradientContext(GraphBuilder graph, NodeProto node, ShapeMap shapes, Func<string, Value?> gradientOf, Func<int, bool> wants, Action<int, Value> give)
    {
        (G, Node, Shapes) = (graph, node, shapes);
        (_gradientOf, _wants, _give) = (gradientOf, wants, give);
    }

    /// <summary>The builder to append nodes with.</summary>
    public GraphBuilder G { get; }

    /// <summary>The forward node; a rule may declare further outputs on it.</summary>
    public NodeProto Node { get; }

    /// <summary>Types and shapes of the forward values.</summary>
    public ShapeMap Shapes { get; }

    /// <summary>The gradient that flows into the first output, shaped as that output.</summary>
    public Value Gradient => OutputGradient(0) ?? throw Unsupported("a gradient through its first output", "use that output");

    /// <summary>The gradient that flows into an output, or null where none does.</summary>
    public Value? OutputGradient(int output) => Node.Out(output) is { Length: > 0 } name ? _gradientOf(name) : null;

    /// <summary>A forward input.</summary>
    public Value Input(int index) => new(Node.In(index));

    /// <summary>A forward output.</summary>
    public Value Output(int index = 0) => new(Node.Out(index));

    /// <summary>True where the input is there.</summary>
    public bool Has(int input) => Node.In(input).Length > 0;

    /// <summary>True where the input's gradient is asked for.</summary>
    public bool Wants(int input) => Has(input) && _wants(input);

    /// <summary>Hands in the gradient of an input, shaped as that input.</summary>
    public void Give(int input, Value gradient)
    {
        if (Wants(input)) _give(input, gradient);
    }

    /// <summary>Shape of a value, or null.</summary>
    public IReadOnlyList<Dimension>? ShapeOf(Value value) => Shapes.Shape(value.Name);

    /// <summary>Rank of an input, which the rule cannot do without.</summary>
    /// <exception cref="InputException">It is not known.</exception>
    public int RankOf(Value value) => Shapes.Rank(value.Name) is var rank && rank >= 0
        ? rank
        : throw Unsupported($"a value of unknown rank ('{value}')", "declare the shapes of the graph's inputs, or run shape inference over the model");

    /// <summary>A scalar constant in the element type of the node's first floating input.</summary>
    public Value Scalar(float value)
    {
        DataType type = Shapes.Type(Node.Out(0));
        Value constant = G.Constant(value);
        return type is DataType.Double or DataType.Float16 or DataType.Bfloat16 ? G.Cast(constant, type) : constant;
    }

    /// <summary>An axis counted from the front.</summary>
    public static int Axis(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);

    /// <summary>The constant integers of an input, which the rule cannot do without.</summary>
    /// <exception cref="InputException">They are computed when the graph runs.</exception>
    public long[] ConstantIntegers(int input, string what) => Shapes.Integers(Node.In(input))
        ?? throw Unsupported($"{what} that are computed at run time", "fold the constants of the graph first");

    /// <summary>The axes of a node that takes them as an attribute or an input; null where it has neither.</summary>
    public long[]? Axes(int input) => Has(input) ? ConstantIntegers(input, "axes") : Node.AttributeInts("axes");

    /// <summary>Fails where a gradient is asked for an input that the rule does not cover.</summary>
    /// <exception cref="InputException">It is.</exception>
    public void Refuse(int input, string what)
    {
        if (Wants(input)) throw Unsupported($"{what} ('{Input(input)}')", "freeze what it is computed from");
    }

    /// <summary>A statistic or mask that the forward node computes anyway; declared as an output where it was not.</summary>
    public Value DeclareOutput(int index, string name)
    {
        while (Node.Output.Count <= index) Node.Output.Add("");
        if (Node.Output[index].Length == 0) Node.Output[index] = G.Unique(name);
        return Output(index);
    }

    /// <summary>An error that names the node and what its rule does not cover.</summary>
    public InputException Unsupported(string what, string fix) => new($"no gradient for {what} in {Node.Describe()}", fix: fix);
}
