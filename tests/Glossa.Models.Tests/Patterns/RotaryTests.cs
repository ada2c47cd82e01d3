using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;

namespace Glossa.Models.Tests.Patterns;

/// <summary>Rotary positions: computed or looked up, shared or of each sequence, heads in front of the sequence or behind it.</summary>
[TestFixture]
public sealed class RotaryTests
{
    private const int Batch = 2, Sequence = 3, Heads = 2, Size = 4;

    [Test]
    public void Apply_Rotation_IsOneOperator([Values("computed", "table")] string source, [Values] bool perSequence, [Values] bool headsFirst, [Values("slices", "split")] string halves)
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value x = headsFirst ? test.Parameter("x", Batch, Heads, Sequence, Size) : test.Parameter("x", Batch, Sequence, Heads, Size);
        Value positions = perSequence
            ? test.Input("position_ids", DoubleTensor.Wholes([Batch, Sequence], 0, 1, 2, 4, 0, 1), Batch, Sequence)
            : test.Input("position_ids", DoubleTensor.Wholes([1, Sequence], 2, 0, 1), 1, Sequence);
        test.Output(Rotated(g, x, Table(g, positions, source, "Cos", headsFirst), Table(g, positions, source, "Sin", headsFirst), halves));
        test.Check(counts => counts.Rotaries, 1, "RotaryEmbedding");
    }

    [Test]
    public void Apply_TablesOfDifferentHalves_AreLeftAlone()
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value cos = g.Initializer(OnnxFactory.Tensor("cos", [Sequence, Size], [.. Enumerable.Range(0, Sequence * Size).Select(i => MathF.Cos(i))]));
        Value sin = g.Initializer(OnnxFactory.Tensor("sin", [Sequence, Size], [.. Enumerable.Range(0, Sequence * Size).Select(i => MathF.Sin(i))]));
        test.Output(Rotated(g, test.Parameter("x", Batch, Heads, Sequence, Size), cos, sin, "slices"));
        test.Check(counts => counts.Rotaries, 0, null);
    }

    [Test]
    public void Apply_TrainedFrequencies_AreLeftAlone()
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value angles = test.Parameter("angles", Sequence, Size / 2), both = g.Concat([angles, angles], -1);
        test.Output(Rotated(g, test.Parameter("x", Batch, Heads, Sequence, Size), g.Op("Cos", [both]), g.Op("Sin", [both]), "slices"));
        test.Check(counts => counts.Rotaries, 0, null);
    }

    private static Value Table(GraphBuilder g, Value positions, string source, string function, bool headsFirst)
    {
        long axis = headsFirst ? 1 : 2;
        if (source == "computed")
        {
            Value angles = g.Mul(g.Cast(g.Unsqueeze(positions, [2]), TensorProto.Types.DataType.Float), g.Initializer(OnnxFactory.Tensor("frequency." + function, [Size / 2], [1f, 0.1f])));
            return g.Unsqueeze(g.Op(function, [g.Concat([angles, angles], -1)]), [axis]);
        }
        float[] table = [.. Enumerable.Range(0, 5 * Size).Select(i => i / Size * (i % (Size / 2) == 0 ? 1f : 0.1f)).Select(angle => function == "Cos" ? MathF.Cos(angle) : MathF.Sin(angle))];
        return g.Unsqueeze(g.Gather(g.Initializer(OnnxFactory.Tensor("table." + function, [5, Size], table)), positions), [axis]);
    }

    // x cos + [-x2, x1] sin
    private static Value Rotated(GraphBuilder g, Value x, Value cos, Value sin, string halves)
    {
        Value[] parts = halves == "split"
            ? g.Ops("Split", [x, g.Ints(Size / 2, Size / 2)], ["first", "second"], "", OnnxFactory.Attribute("axis", -1L))
            : [Slice(0, Size / 2), Slice(Size / 2, long.MaxValue)];
        return g.Add(g.Mul(x, cos), g.Mul(g.Concat([g.Neg(parts[1]), parts[0]], -1), sin));

        Value Slice(long from, long to) => g.Op("Slice", [x, g.Ints(from), g.Ints(to), g.Ints(-1)]);
    }
}
