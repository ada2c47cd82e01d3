using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

/// <summary>How the elements of a drawn tensor are chosen.</summary>
public enum Draw
{
    /// <summary>Standard normal.</summary>
    Normal,

    /// <summary>From 0.3 to 2: away from zero, for logarithms and divisors.</summary>
    Positive,

    /// <summary>Values 0.18 or more apart and 0.07 or more from zero, for operators with kinks (Relu, Max, TopK); shifted by <see cref="RuleCase.Apart"/> they stay 0.03 or more from other such tensors.</summary>
    Spaced,

    /// <summary>From -0.8 to 0.8.</summary>
    Unit,

    /// <summary>Away from zero on both sides, for divisors.</summary>
    NonZero,
}

/// <summary>A small graph around one operator, with the tensors to feed and to differentiate by.</summary>
public sealed class RuleCase
{
    /// <summary>Added to one of two tensors of <see cref="Draw.Spaced"/> values, it keeps each element away from every element of the other.</summary>
    public const float Apart = 0.05f;

    private readonly SeededRandom _random;
    private readonly bool _dynamic;

    /// <param name="seed">Determines the elements and which axes are dynamic.</param>
    /// <param name="dynamic">Declares about half of the axes as dynamic, each under a name of its own.</param>
    public RuleCase(int seed, bool dynamic)
    {
        _random = new SeededRandom((ulong)seed);
        _dynamic = dynamic;
        G = new GraphBuilder(new GraphProto { Name = "case" });
    }

    public GraphBuilder G { get; }

    public long Opset { get; set; } = 21;

    /// <summary>True for an operator that ONNX Runtime runs on other processors only.</summary>
    public bool WithoutKernel { get; set; }

    /// <summary>Tolerance of the float32 run, of the largest element.</summary>
    public double FloatTolerance { get; set; } = 1e-4;

    public Dictionary<string, DoubleTensor> Feeds { get; } = [];

    public List<string> Targets { get; } = [];

    public List<string> Outputs { get; } = [];

    public SeededRandom Random => _random;

    /// <summary>An input whose gradient is checked.</summary>
    public Value Real(int[] shape, Draw draw = Draw.Normal, bool dynamic = true)
    {
        Value value = Fixed(shape, draw, dynamic);
        Targets.Add(value.Name);
        return value;
    }

    /// <summary>A floating input without a gradient.</summary>
    public Value Fixed(int[] shape, Draw draw = Draw.Normal, bool dynamic = true) => Feed("x", DoubleTensor.Reals(shape, Elements(DoubleTensor.Count(shape), draw)), dynamic);

    /// <summary>Indices in [-size, size), or [0, size).</summary>
    public Value Indices(int[] shape, int size, bool negative = true) =>
        Feed("indices", DoubleTensor.Wholes(shape, [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => (long)(negative ? _random.NextInt32(2 * size) - size : _random.NextInt32(size)))]));

    public Value Flags(int[] shape) => Feed("flags", DoubleTensor.Flags(shape, [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => _random.NextInt32(2) == 0)]));

    /// <summary>Adds the operator under test; its outputs count.</summary>
    public Value[] Node(string type, Value[] inputs, int outputs = 1, string domain = "", params AttributeProto[] attributes)
    {
        Value[] values = G.Ops(type, inputs, [.. Enumerable.Range(0, outputs).Select(i => "y" + i)], domain, attributes);
        foreach (Value value in values) Outputs.Add(value.Name);
        return values;
    }

    public Value Feed(string name, DoubleTensor tensor, bool dynamic = true)
    {
        Value value = G.Input(G.Unique(name) + "_in", tensor.Type, [.. tensor.Shape.Select((d, i) => _dynamic && dynamic && _random.NextInt32(2) == 0 ? (object)$"{name}{Feeds.Count}_{i}" : d)]);
        Feeds[value.Name] = tensor;
        return value;
    }

    private double[] Elements(int count, Draw draw)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = draw switch
            {
                Draw.Positive => 0.3 + (1.7 * _random.NextDouble()),
                Draw.Unit => 1.6 * (_random.NextDouble() - 0.5),
                Draw.Spaced => ((i - (count / 2)) * 0.2) + 0.07 + (0.02 * _random.NextDouble()),
                Draw.NonZero => (0.3 + (1.7 * _random.NextDouble())) * (_random.NextInt32(2) == 0 ? -1 : 1),
                _ => _random.NextNormal(),
            };
            values[i] = (float)values[i];
        }
        if (draw == Draw.Spaced) _random.Shuffle(values.AsSpan());
        return values;
    }

    public override string ToString() =>
        $"{string.Join(",", G.Graph.Node.Select(n => n.OpType).Distinct())} {string.Join(" ", Feeds.Select(f => $"{f.Key}[{string.Join(",", f.Value.Shape)}]" + (f.Value.IsFloating ? "" : $"={{{string.Join(",", f.Value.Data)}}}")))} {string.Join(" ", G.Graph.Initializer.Select(i => i.Name))} {string.Join(" ", G.Graph.Node.First(n => n.Output.Any(Outputs.Contains)).Attribute)}";
}
