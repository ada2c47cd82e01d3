using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>
/// Cross entropy of a graph's logits against integer labels, or distributions in their place. Where the logits are a product with a matrix, only the scored rows are multiplied, and
/// where nothing follows the product, the weight of the labels scales its narrow operands, so that the logits are passed over as seldom as possible.
/// </summary>
internal static class LabelLoss
{
    /// <summary>Appends the loss; gives it and the gradients that flow into the forward graph.</summary>
    public static AttachedLoss Attach(LossContext context)
    {
        GraphBuilder g = context.G;
        int rank = context.Options.Loss switch
        {
            LossKind.SequenceClassification => context.RequireRank("[batch, classes]", 2),
            LossKind.CrossEntropy => context.RequireKnownRank(least: 2),
            _ => context.RequireRank("[batch, sequence, classes]", 3),
        };
        // Where the graph gives the logits out, they are computed whole anyway.
        bool whole = g.Graph.Output.Any(output => output.Name == context.Output);
        LogitsHead head = whole ? new LogitsHead(new Value(context.Output), null, []) : LogitsHead.Find(new GraphIndex(g.Graph), context.Shapes, context.Output);
        ScoredRows scored = context.Options.TimeMajor ? ScoredRows.All(context, head.Rows) : ScoredRows.Labelled(context, head.Rows, rank);

        Value rows_MV = context.Float(head.Over(g, scored.Rows));
        bool closed = head.Product is not null && head.Tail.Count == 0 && context.Shapes.Type(head.Product.Input[1]) == DataType.Float;
        (Value loss, Value gradient_MV) = CrossEntropy.Attach(g, rows_MV, scored.Target, scored.Weight, context.Options.StaticShapes, context.Options.ZLoss, scored.Soft);
        Dictionary<string, Value> seeds = closed
            ? ThroughProduct(g, new GraphIndex(g.Graph), new Value(head.Product!.Input[1]), scored, gradient_MV)
            : new() { [rows_MV.Name] = g.Mul(gradient_MV, scored.WeightColumn, "gradient_weighted") };
        return new AttachedLoss(loss, seeds);
    }

    // The same as the rule of MatMul, but the weights scale [rows, hidden] and not [rows, vocabulary]; a head that is a transposed matrix (a tied embedding) is read and
    // given its gradient untransposed.
    private static Dictionary<string, Value> ThroughProduct(GraphBuilder g, GraphIndex index, Value head, ScoredRows scored, Value gradient_MV)
    {
        string? source = index.Producer(head.Name, "Transpose") is { } transpose && GraphIndex.Permutation(transpose).AsSpan().SequenceEqual([1, 0]) ? transpose.Input[0] : null;
        Value headTransposed = source is null ? g.Transpose(head, [1, 0], "head_transposed") : new Value(source);
        Value rowsGradient = g.Mul(g.MatMul(gradient_MV, headTransposed, "hidden_gradient_unweighted"), scored.WeightColumn, "hidden_gradient");
        Value weighted = g.Mul(scored.Rows, scored.WeightColumn, "hidden_weighted");
        (string name, Value headGradient) = source is null
            ? (head.Name, g.MatMul(g.Transpose(weighted, [1, 0], "hidden_transposed"), gradient_MV, "head_gradient"))
            : (source, g.Transpose(g.MatMul(g.Transpose(weighted, [1, 0], "hidden_transposed"), gradient_MV, "head_gradient_transposed"), [1, 0], "head_gradient"));
        return new() { [scored.Rows.Name] = rowsGradient, [name] = headGradient };
    }
}
