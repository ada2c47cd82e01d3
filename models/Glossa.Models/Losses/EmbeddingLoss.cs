using Glossa.Models.Building;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>
/// Contrastive loss over pairs with the batch's other positives as negatives. Each run is a set of its own: micro-batches do not see each other's texts, and a weighted
/// loss is the sum over anchors times the weight.
/// </summary>
internal static class EmbeddingLoss
{
    private const string Mask = "attention_mask";

    /// <summary>Below this, a vector or a mask counts as empty: its embedding is zero, not NaN.</summary>
    private const float Least = 1e-12f;

    /// <summary>Appends the loss.</summary>
    public static AttachedLoss Attach(LossContext context)
    {
        GraphBuilder g = context.G;
        EmbeddingOptions options = context.Options.Embedding;
        int rank = context.RequireRank("[batch, hidden] or [batch, sequence, hidden]", 2, 3);
        Value embedding = context.Float(new Value(context.Output));
        if (rank == 3) embedding = Pooled(context, embedding);
        if (options.Normalize)
        {
            Value square = g.ReduceSum(g.Mul(embedding, embedding, "squares"), [-1], true, "square_norm");
            embedding = g.Div(embedding, g.Sqrt(g.Op("Max", [square, g.Constant(Least * Least)], "square_norm.positive"), "norm"), "normalized");
        }

        // [2, pairs, hidden], or [pairs, 2, hidden] where they alternate.
        Value width = g.Gather(g.Shape(embedding), g.Ints(1), 0, "width");
        Value paired = g.Reshape(embedding, g.Concat([options.Interleaved ? g.Ints(-1, 2) : g.Ints(2, -1), width], 0, "pairs.shape"), "pairs");
        long axis = options.Interleaved ? 1 : 0;
        Value anchors = g.Gather(paired, g.Constant(0L), axis, "anchors"), positives = g.Gather(paired, g.Constant(1L), axis, "positives");
        Value similarity = g.Mul(g.MatMul(anchors, g.Transpose(positives, [1, 0], "positives_transposed"), "similarity"), g.Constant(options.Scale), "similarity_scaled");
        Value pairs = g.Gather(g.Shape(similarity), g.Constant(0L), 0, "pairs.count");
        Value target = g.Op("Range", [g.Constant(0L), pairs, g.Constant(1L)], "target");
        Value weight = context.MeanWeight(() => g.Cast(pairs, DataType.Float, "count"));
        (Value loss, Value gradient) = CrossEntropy.Attach(g, similarity, target, weight, context.Options.StaticShapes);
        return new AttachedLoss(loss, new Dictionary<string, Value> { [similarity.Name] = g.Mul(gradient, weight, "gradient_weighted") });
    }

    private static Value Pooled(LossContext context, Value hidden)
    {
        GraphBuilder g = context.G;
        if (g.Graph.Input.All(input => input.Name != Mask))
        {
            Value positions = g.Cast(g.Gather(g.Shape(hidden), g.Constant(1L), 0, "sequence"), DataType.Float, "positions");
            return g.Div(g.ReduceSum(hidden, [1], false, "sum"), positions, "pooled");
        }
        Value mask = g.Unsqueeze(g.Cast(new Value(Mask), DataType.Float, "mask"), [2], "mask.column");
        Value count = g.Op("Max", [g.ReduceSum(mask, [1], true, "mask.sum"), g.Constant(Least)], "mask.count");
        // The mask is divided, one number a position, so that hidden states are passed over once.
        return g.ReduceSum(g.Mul(hidden, g.Div(mask, count, "mask.share"), "hidden_masked"), [1], false, "pooled");
    }

}
