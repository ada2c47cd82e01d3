using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>What a rule sees of the node that it differentiates, and where it hands in the gradients.</summary>
public sealed class GradientContext : NodeContext
{
    private readonly Func<string, Value?> _gradientOf;
    private readonly Func<int, bool> _wants;
    private readonly Action<int, Value> _give;

    internal GradientContext(GraphBuilder graph, NodeProto node, ShapeMap shapes, Func<string, Value?> gradientOf, Func<int, bool> wants, Action<int, Value> give)
        : base(graph, node, shapes) => (_gradientOf, _wants, _give) = (gradientOf, wants, give);

    /// <summary>The gradient that flows into the first output, shaped as that output.</summary>
    public Value Gradient => OutputGradient(0) ?? throw Unsupported("a gradient through its first output", "use that output");

    /// <summary>The gradient that flows into an output, or null where none does.</summary>
    public Value? OutputGradient(int output) => Node.Out(output) is { Length: > 0 } name ? _gradientOf(name) : null;

    /// <summary>True where the input's gradient is asked for.</summary>
    public bool Wants(int input) => Has(input) && _wants(input);

    /// <summary>Hands in the gradient of an input, shaped as that input.</summary>
    public void Give(int input, Value gradient)
    {
        if (Wants(input)) _give(input, gradient);
    }

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
}
