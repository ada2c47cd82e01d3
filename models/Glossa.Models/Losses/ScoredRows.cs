using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>The rows of a forward value that labels score, with their targets and weights.</summary>
/// <param name="Rows"><c>[rows, width]</c>.</param>
/// <param name="Target">The right class of each row, int64 <c>[rows]</c>.</param>
/// <param name="Weight">Weight of each row <c>[rows]</c>, or of all (scalar).</param>
/// <param name="WeightColumn">The same, to multiply rows with.</param>
internal sealed record ScoredRows(Value Rows, Value Target, Value Weight, Value WeightColumn)
{
    /// <summary>The distribution that takes the place of each row's right class; null where there is none.</summary>
    public SoftTargets? Soft { get; init; }

    /// <summary>
    /// Every position of <c>[sequence, batch, width]</c> that has a label to predict, ignored ones with weight zero: right where nearly all are scored, as in the text that Glossa's own
    /// batches hold.
    /// </summary>
    public static ScoredRows All(LossContext context, Value values)
    {
        GraphBuilder g = context.G;
        bool shifted = context.Options.Loss == LossKind.CausalLm;
        if (shifted) values = g.Op("Slice", [values, g.Ints(0), g.Ints(-1), g.Ints(0)], "scored");
        Value rows = g.Reshape(g.Op("Flatten", [values], "scored.flat", "", OnnxFactory.Attribute("axis", 2L)), [0, -1], "rows");

        Value labels = LabelInput.Declare(context, StepModel.Labels, DataType.Int64, [.. context.Axes(StepModel.Labels, 2).Reverse()]);
        if (shifted) labels = g.Op("Slice", [labels, g.Ints(1), g.Ints(long.MaxValue), g.Ints(1)], "labels.next");
        labels = g.Reshape(g.Transpose(labels, [1, 0], "labels.time_major"), [-1], "labels.flat");
        return Weighted(context, rows, labels, g.Op("Equal", [labels, g.Constant(StepModel.IgnoredLabel)], "labels.ignored")) with
        {
            Soft = Distributions(context, [.. context.Axes(StepModel.Labels, 2).Reverse()], values =>
            {
                if (shifted) values = g.Op("Slice", [values, g.Ints(1), g.Ints(long.MaxValue), g.Ints(1)], "targets.next");
                return Flat(g, g.Transpose(values, [1, 0, 2], "targets.time_major"), 2);
            }),
        };
    }

    /// <summary>
    /// The labelled positions of <c>[batch, sequence, width]</c> (or <c>[batch, width]</c>) alone, gathered: a masked language model scores a seventh of its positions, and
    /// what a padded position holds, NaN too, stays out of the loss.
    /// </summary>
    public static ScoredRows Labelled(LossContext context, Value values, int rank)
    {
        GraphBuilder g = context.G;
        Value labels = LabelInput.Declare(context, StepModel.Labels, DataType.Int64, context.Axes(StepModel.Labels, rank - 1));
        if (context.Options.Loss == LossKind.CausalLm)
        {
            // The last position of a row has nothing to predict. CUDA kernels pad no integers, so there the column is made of another one.
            Value next = g.Op("Slice", [labels, g.Ints(1), g.Ints(long.MaxValue), g.Ints(1)], "labels.next");
            labels = context.Options.StaticShapes
                ? g.Concat([next, g.Add(g.Mul(g.Op("Slice", [labels, g.Ints(0), g.Ints(1), g.Ints(1)], "labels.first"), g.Constant(0L)), g.Constant(StepModel.IgnoredLabel), "labels.last")], 1, "labels.shifted")
                : g.Op("Pad", [next, g.Ints(0, 0, 0, 1), g.Constant(StepModel.IgnoredLabel)], "labels.shifted");
        }
        // Flattened labels of another shape would score the wrong rows, so the runtime has to compare the shapes.
        Value positions = g.Op("Slice", [g.Shape(values), g.Ints(0), g.Ints(rank - 1)], "positions.shape");
        labels = g.Reshape(g.Reshape(labels, positions, "labels.shaped_as_the_output"), [-1], "labels.flat");
        Value ignored = g.Op("Equal", [labels, g.Constant(StepModel.IgnoredLabel)], "labels.ignored");
        Value flat = rank == 2 ? values : g.Op("Flatten", [values], "flat", "", OnnxFactory.Attribute("axis", rank - 1L));
        SoftTargets? soft = Distributions(context, context.Axes(StepModel.Labels, rank - 1), values => Flat(g, context.Options.Loss == LossKind.CausalLm ? Next(g, values) : values, rank - 1));
        if (context.Options.StaticShapes)
            return Weighted(context, g.Where(g.Unsqueeze(ignored, [1], "labels.ignored_column"), g.Constant(0f), flat, "rows"), labels, ignored) with { Soft = soft };
        Value kept = g.Op("Not", [ignored], "labels.kept");
        Value places = g.Reshape(g.Op("NonZero", [kept]), [-1], "labels.places");
        Value target = g.Gather(labels, places, 0, "target");
        Value rows = g.Gather(flat, places, 0, "rows");
        Value weight = context.MeanWeight(() => g.Cast(g.Op("Size", [places], "labels.count"), DataType.Float, "count"));
        return new ScoredRows(rows, target, weight, weight)
        {
            Soft = soft is null ? null : new SoftTargets(g.Gather(soft.Ids, places, 0, "targets.ids"), g.Gather(soft.Weights, places, 0, "targets.weights")),
        };
    }

    // Declares the two inputs, shaped as the labels and one axis more, and brings both into rows.
    private static SoftTargets? Distributions(LossContext context, object[] axes, Func<Value, Value> rows)
    {
        if (!context.Options.SoftTargets) return null;
        Value Declare(string name, DataType type) => rows(LabelInput.Declare(context, name, type, [.. axes, "targets"]));
        return new SoftTargets(Declare(StepModel.TargetIds, DataType.Int64), Declare(StepModel.TargetWeights, DataType.Float));
    }

    private static Value Flat(GraphBuilder g, Value values, long axis) => g.Op("Flatten", [values], "targets.flat", "", OnnxFactory.Attribute("axis", axis));

    // What stands one place further on. The last place has nothing to predict and its label is ignored, so it may hold anything: the first.
    private static Value Next(GraphBuilder g, Value values) => g.Concat(
        [g.Op("Slice", [values, g.Ints(1), g.Ints(long.MaxValue), g.Ints(1)], "targets.next"), g.Op("Slice", [values, g.Ints(0), g.Ints(1), g.Ints(1)], "targets.first")], 1, "targets.shifted");

    // All rows, ignored ones with a target that exists and weight zero.
    private static ScoredRows Weighted(LossContext context, Value rows, Value labels, Value ignored)
    {
        GraphBuilder g = context.G;
        Value target = g.Where(ignored, g.Constant(0L), labels, "target");
        Value counted = g.Cast(g.Op("Not", [ignored], "labels.kept"), DataType.Float, "counted");
        Value weight = g.Mul(counted, context.MeanWeight(() => g.ReduceSum(counted, [0], false, "count")), "weight");
        return new ScoredRows(rows, target, weight, g.Unsqueeze(weight, [1], "weight_column"));
    }
}
