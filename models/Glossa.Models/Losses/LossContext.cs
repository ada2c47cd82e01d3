using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>A loss that was appended to a graph.</summary>
/// <param name="Loss">The scalar, float32.</param>
/// <param name="Seeds">Forward values and the gradients that flow into them.</param>
internal sealed record AttachedLoss(Value Loss, IReadOnlyDictionary<string, Value> Seeds);

/// <summary>What a loss is attached to.</summary>
internal sealed record LossContext(GraphBuilder G, ShapeMap Shapes, string Output, StepOptions Options)
{
    /// <summary>The output as float32.</summary>
    public Value Float(Value value) => Shapes.Type(value.Name) is DataType.Float or DataType.Undefined ? value : G.Cast(value, DataType.Float, "float");

    /// <summary>1 over <paramref name="count"/> (float scalar), or the step's own weight where it takes one.</summary>
    public Value MeanWeight(Func<Value> count) => Options.WeightedLoss
        ? G.Input(StepModel.LossWeight, DataType.Float)
        : G.Op("Reciprocal", [G.Op("Max", [count(), G.Constant(1f)])], "mean");

    /// <summary>The output's rank, any of at least <paramref name="least"/>.</summary>
    /// <exception cref="InputException">It is not known, or lower.</exception>
    public int RequireKnownRank(int least)
    {
        int rank = Shapes.Rank(Output);
        if (rank < 0) throw new InputException($"the rank of the output '{Output}' is not known", fix: "declare the output's shape in the graph");
        return rank >= least ? rank : throw new InputException($"the loss {LossNames.Of(Options.Loss)} reads an output of {least} axes or more, '{Output}' has {rank}",
            fix: "choose another loss, or name the output to read (--output)");
    }

    /// <summary>Fails where the output's rank is known and another.</summary>
    /// <exception cref="InputException">It is.</exception>
    public int RequireRank(string shape, params int[] ranks)
    {
        int rank = Shapes.Rank(Output);
        if (rank < 0) return ranks[^1];
        if (ranks.Contains(rank)) return rank;
        string actual = string.Join(", ", Shapes.Shape(Output)!.Select((dimension, i) => dimension.ToString() is ['?', ..] ? $"d{i}" : dimension.ToString()));
        throw new InputException($"the loss {LossNames.Of(Options.Loss)} reads an output {shape}, '{Output}' is [{actual}]",
            fix: "choose another loss, or name the output to read (--output)");
    }

    /// <summary>The declared dimensions of an input shaped as the output's first axes: numbers, names of the graph's own dynamic axes, or new names.</summary>
    public object[] Axes(string name, int rank) => [.. Enumerable.Range(0, rank).Select(axis =>
        Shapes.Shape(Output) is { } shape && axis < shape.Count && (shape[axis].IsConstant || shape[axis].Symbol is { Length: > 0 } and not ['?', ..])
            ? shape[axis].IsConstant ? (object)shape[axis].Value : shape[axis].Symbol!
            : $"{name}_{axis}")];
}
