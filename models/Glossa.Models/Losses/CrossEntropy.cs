using Glossa.Models.Building;

namespace Glossa.Models.Losses;

/// <summary>Cross entropy of rows of logits, with its gradient in closed form: softmax minus the target, which is one class or a distribution over a few, never a matrix of targets.</summary>
internal static class CrossEntropy
{
    /// <summary>The smallest normal float: below it the logarithm of a probability says nothing.</summary>
    private const float Tiny = 1.17549435e-38f;

    /// <summary>Appends it.</summary>
    /// <param name="g">The builder.</param>
    /// <param name="rows_MV">Logits, float32 <c>[rows, classes]</c>.</param>
    /// <param name="target">The right class of each row, int64 <c>[rows]</c>.</param>
    /// <param name="weight">Weight of each row <c>[rows]</c>, or of all (scalar).</param>
    /// <param name="staticShapes">See <see cref="Steps.StepOptions.StaticShapes"/>.</param>
    /// <param name="zLoss">Factor of the squared logarithm of the softmax's denominator, which is added to each row's loss; 0 for none.</param>
    /// <param name="soft">What takes the place of each row's right class; null for nothing.</param>
    /// <returns>The weighted sum over rows, and the gradient <c>[rows, classes]</c> of the sum without weights.</returns>
    public static (Value Loss, Value Gradient) Attach(GraphBuilder g, Value rows_MV, Value target, Value weight, bool staticShapes, float zLoss = 0, SoftTargets? soft = null)
    {
        Value probability_MV = g.Softmax(rows_MV, -1, "probability");
        Value cells = Cells(g, target, "target_cells");
        Value targetProbability = g.Op("GatherND", [probability_MV, cells], "target_probability");
        Value nats = staticShapes ? FromTheMostProbable(g, rows_MV, probability_MV, target) : WithUnderflow(g, rows_MV, target, targetProbability);
        Value targetLogit = zLoss > 0 || soft is not null ? g.Op("GatherND", [rows_MV, cells], "target_logit") : Value.None;
        Value logDenominator = zLoss > 0 ? g.Add(nats, targetLogit, "log_denominator") : Value.None;
        Value softCells = soft is null ? Value.None : SoftCells(g, soft.Ids);
        if (soft is not null) nats = g.Add(nats, Distance(g, rows_MV, targetLogit, softCells, soft.Weights), "soft_nats");
        if (zLoss > 0)
        {
            // The gradient of the denominator's logarithm is the softmax again.
            nats = g.Add(nats, g.Mul(g.Mul(logDenominator, logDenominator, "log_denominator.squared"), g.Constant(zLoss), "z"), "nats_and_z");
            Value factor = g.Add(g.Mul(logDenominator, g.Constant(2 * zLoss), "z.slope"), g.Constant(1f), "softmax_factor");
            probability_MV = g.Mul(probability_MV, g.Unsqueeze(factor, [1]), "probability_and_z");
            targetProbability = g.Mul(targetProbability, factor, "target_probability_and_z");
        }
        Value loss = g.ReduceSum(g.Mul(nats, weight, "weighted_nats"), [0], false, "sum");

        // The probabilities are read for the last time here, so the runtime subtracts the target in place.
        Value gradient_MV = soft is null
            ? g.Op("ScatterND", [probability_MV, cells, g.Sub(targetProbability, g.Constant(1f), "target_gradient")], "gradient")
            : g.Op("ScatterND", [probability_MV, softCells, g.Neg(soft.Weights, "targets_negated")], "gradient", "", Onnx.OnnxFactory.Attribute("reduction", "add"));
        return (loss, gradient_MV);
    }

    // By how much more nats a distribution costs than the right class: a class is as many away as their logits are apart, so no further logarithm is taken.
    private static Value Distance(GraphBuilder g, Value rows_MV, Value targetLogit, Value cells, Value weights_MK)
    {
        Value distance_MK = g.Sub(g.Unsqueeze(targetLogit, [1]), g.Op("GatherND", [rows_MV, cells], "soft_logits"), "distance");
        return g.ReduceSum(g.Mul(distance_MK, weights_MK, "distance_weighted"), [1], false, "distance_mean");
    }

    // Rows whose target is less probable than a float can say (usually none, and then nothing is computed) are taken again by LogSoftmax.
    private static Value WithUnderflow(GraphBuilder g, Value rows_MV, Value target, Value targetProbability)
    {
        Value nats = g.Neg(g.Op("Log", [g.Op("Max", [targetProbability, g.Constant(Tiny)])], "log_probability"), "nats");
        using IDisposable scope = g.Scope("underflow");
        Value lost = g.Reshape(g.Op("NonZero", [g.Op("Less", [targetProbability, g.Constant(Tiny)], "is_lost")]), [-1], "rows");
        Value logProbability = g.Op("LogSoftmax", [g.Gather(rows_MV, lost, 0, "logits")], "log_probability", "", Onnx.OnnxFactory.Attribute("axis", -1L));
        Value exact = g.Neg(g.Op("GatherND", [logProbability, Cells(g, g.Gather(target, lost, 0, "target"), "cells")], "target_log_probability"), "exact");
        return g.Op("ScatterND", [nats, g.Unsqueeze(lost, [1]), exact], "nats");
    }

    // The most probable class is never less so than 1 / classes: no logarithm underflows, and the target is as many nats away as their logits are apart.
    private static Value FromTheMostProbable(GraphBuilder g, Value rows_MV, Value probability_MV, Value target)
    {
        using IDisposable scope = g.Scope("most_probable");
        Value best = Cells(g, g.Op("ArgMax", [rows_MV], "class", "", Onnx.OnnxFactory.Attribute("axis", -1L), Onnx.OnnxFactory.Attribute("keepdims", 0L)), "cells");
        Value distance = g.Sub(g.Op("GatherND", [rows_MV, best], "logit"), g.Op("GatherND", [rows_MV, Cells(g, target, "target_cells")], "target_logit"), "distance");
        return g.Sub(distance, g.Op("Log", [g.Op("GatherND", [probability_MV, best], "probability")], "log_probability"), "nats");
    }

    private static Value Cells(GraphBuilder g, Value target, string name) => g.Concat([g.Unsqueeze(RowNumbers(g, target), [1]), g.Unsqueeze(target, [1])], 1, name);

    // [rows, k, 2]: row and class of each of k targets.
    private static Value SoftCells(GraphBuilder g, Value ids)
    {
        Value repeated = g.Op("Expand", [g.Unsqueeze(RowNumbers(g, ids), [1]), g.Shape(ids)], "row_numbers.repeated");
        return g.Concat([g.Unsqueeze(repeated, [2]), g.Unsqueeze(ids, [2])], 2, "soft_cells");
    }

    private static Value RowNumbers(GraphBuilder g, Value rows) => g.Op("Range", [g.Constant(0L), g.Gather(g.Shape(rows), g.Constant(0L), 0, "row_count"), g.Constant(1L)], "row_numbers");
}
