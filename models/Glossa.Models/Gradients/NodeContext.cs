using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>A node of the forward graph as rules and expansions see it.</summary>
public class NodeContext
{
    internal NodeContext(GraphBuilder graph, NodeProto node, ShapeMap shapes) => (G, Node, Shapes) = (graph, node, shapes);

    /// <summary>The builder to append nodes with.</summary>
    public GraphBuilder G { get; }

    /// <summary>The forward node; a rule may declare further outputs on it.</summary>
    public NodeProto Node { get; }

    /// <summary>Types and shapes of the forward values.</summary>
    public ShapeMap Shapes { get; }

    /// <summary>A forward input.</summary>
    public Value Input(int index) => new(Node.In(index));

    /// <summary>A forward output.</summary>
    public Value Output(int index = 0) => new(Node.Out(index));

    /// <summary>True where the input is there.</summary>
    public bool Has(int input) => Node.In(input).Length > 0;

    /// <summary>Shape of a value, or null.</summary>
    public IReadOnlyList<Dimension>? ShapeOf(Value value) => Shapes.Shape(value.Name);

    /// <summary>Rank of an input, which the rule cannot do without.</summary>
    /// <exception cref="InputException">It is not known.</exception>
    public int RankOf(Value value) => Shapes.Rank(value.Name) is var rank && rank >= 0
        ? rank
        : throw Unsupported($"a value of unknown rank ('{value}')", "declare the shapes of the graph's inputs, or run shape inference over the model");

    /// <summary>The element type that the node computes in: float32 where it is not known.</summary>
    public DataType ElementType => Shapes.Type(Node.Out(0)) is var type && type == DataType.Undefined ? DataType.Float : type;

    /// <summary>A scalar constant in the element type of the node's first output.</summary>
    public Value Scalar(float value)
    {
        Value constant = G.Constant(value);
        return ElementType is DataType.Double or DataType.Float16 or DataType.Bfloat16 ? G.Cast(constant, ElementType) : constant;
    }

    /// <summary>An axis counted from the front.</summary>
    public static int Axis(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);

    /// <summary>The constant integers of an input, which the rule cannot do without.</summary>
    /// <exception cref="InputException">They are computed when the graph runs.</exception>
    public long[] ConstantIntegers(int input, string what) => Shapes.Integers(Node.In(input))
        ?? throw Unsupported($"{what} that are computed at run time", "fold the constants of the graph first");

    /// <summary>An error that names the node and what its rule does not cover.</summary>
    public InputException Unsupported(string what, string fix) => new($"no gradient for {what} in {Node.Describe()}", fix: fix);
}
