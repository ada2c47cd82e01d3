using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Patterns;

/// <summary>
/// The products on both sides of an attention's Softmax: constant scales of the operands and of the scores go into alpha, and a key that was transposed for
/// the product is read as it is stored, so that its gradient needs no second transposition. Products with a weight are left alone.
/// </summary>
internal static class AttentionProducts
{
    /// <summary>Rewrites the graph; gives the number of attentions.</summary>
    public static int Apply(PatternGraph graph)
    {
        int count = 0;
        foreach (NodeProto softmax in graph.Nodes("Softmax"))
        {
            if (graph.Index.Producer(softmax.Input[0]) is null || Scores(graph, softmax.Input[0]) is not { } scores || !IsMixed(graph, softmax.Output[0])) continue;
            count++;
            Rewrite(graph, scores);
        }
        return count;
    }

    /// <summary>The product behind a Softmax's input, through scale, mask and casts.</summary>
    private static NodeProto? Scores(PatternGraph graph, string value)
    {
        for (int depth = 0; depth < 8 && graph.Index.Producer(value) is { } node; depth++)
        {
            if (IsBatched(graph, node)) return node;
            string? next = node.OpType switch
            {
                "Add" or "Mul" or "Div" or "Sub" or "Where" => node.Input.FirstOrDefault(input => Reaches(graph, input)),
                "Cast" or "Reshape" or "Max" or "Clip" => node.Input[0],
                _ => null,
            };
            if (next is null) return null;
            value = next;
        }
        return null;
    }

    private static bool Reaches(PatternGraph graph, string value, int depth = 0) =>
        depth < 8 && graph.Index.Producer(value) is { } node
        && (IsBatched(graph, node) || (node.OpType is "Add" or "Mul" or "Div" or "Sub" or "Where" or "Cast" or "Reshape" && node.Input.Any(input => Reaches(graph, input, depth + 1))));

    private static bool IsMixed(PatternGraph graph, string weights, int depth = 0) =>
        depth < 4 && graph.Index.Consumers(weights).Any(reader =>
            (IsBatched(graph, reader) && reader.Input[0] == weights)
            || (reader.OpType is "Where" or "Cast" or "Dropout" or "Reshape" or "Mul" && IsMixed(graph, reader.Output[0], depth + 1)));

    private static bool IsBatched(PatternGraph graph, NodeProto node) =>
        node.OpType is "MatMul" or "FusedMatMul" && graph.Shapes.Rank(node.Input[0]) > 2 && graph.Shapes.Rank(node.Input[1]) > 2 && graph.IsFloat(node.Output[0]);

    private static void Rewrite(PatternGraph graph, NodeProto product)
    {
        double alpha = product.AttributeFloat("alpha", 1);
        string left = product.Input[0], right = product.Input[1], result = product.Output[0];
        alpha *= Unscaled(graph, ref left) * Unscaled(graph, ref right);
        bool transposed = product.AttributeInt("transB", 0) != 0;
        if (!transposed && product.AttributeInt("transBatchB", 0) == 0) transposed = AsStored(graph, ref right);
        while (graph.OnlyReader(result) is { OpType: "Mul" or "Div" } scale && PatternGraph.Other(scale, result) is { } factor
            && graph.Scalar(factor) is { } by && (scale.OpType == "Mul" || scale.Input[0] == result))
        {
            alpha *= scale.OpType == "Div" ? 1 / by : by;
            result = scale.Output[0];
        }
        if (left == product.Input[0] && right == product.Input[1] && result == product.Output[0]) return;
        List<AttributeProto> attributes = [.. product.Attribute.Where(a => a.Name is not ("alpha" or "transB")).Select(a => a.Clone())];
        if (transposed) attributes.Add(OnnxFactory.Attribute("transB", 1L));
        if (alpha != 1) attributes.Add(OnnxFactory.Attribute("alpha", (float)alpha));
        Value written = graph.Add("FusedMatMul", [new Value(left), new Value(right)], product.Output[0] + ".scaled", FusedOperators.Domain, [.. attributes]);
        graph.Replace(result, written);
    }

    /// <summary>Takes constant factors off an operand that nothing else reads.</summary>
    private static double Unscaled(PatternGraph graph, ref string operand)
    {
        double factor = 1;
        while (graph.Index.IsReadOnce(operand) && graph.Index.Producer(operand) is { OpType: "Mul" or "Div" } scale)
        {
            int at = scale.OpType == "Div" || graph.Scalar(scale.Input[1]) is not null ? 1 : 0;
            if (graph.Scalar(scale.Input[at]) is not { } by || graph.Shapes.Rank(scale.Input[1 - at]) != graph.Shapes.Rank(operand)) break;
            factor *= scale.OpType == "Div" ? 1 / by : by;
            operand = scale.Input[1 - at];
        }
        return factor;
    }

    /// <summary>Reads a right operand whose last two axes were exchanged as it was before; other exchanges of its axes stay.</summary>
    private static bool AsStored(PatternGraph graph, ref string operand)
    {
        if (TurnedInBatch(graph, operand) is { } rows)
        {
            operand = rows;
            return true;
        }
        if (graph.Made(operand, "Transpose") is not { } transpose || transpose.AttributeInts("perm") is not { } permutation) return false;
        int rank = permutation.Length;
        // Only where the keys' last axis is stored innermost does the product read whole rows.
        if (permutation[rank - 2] != rank - 1) return false;
        long[] rest = [.. permutation[..(rank - 2)], permutation[rank - 1], permutation[rank - 2]];
        operand = rest.Select((p, i) => p == i).All(same => same)
            ? transpose.Input[0]
            : graph.Add("Transpose", [new Value(transpose.Input[0])], operand + ".stored", "", OnnxFactory.Attribute("perm", rest)).Name;
        return true;
    }

    /// <summary>[batch, heads, rows, columns] where the operand is that with its last axes exchanged in one batch of all heads: reshaped, transposed, reshaped back.</summary>
    private static string? TurnedInBatch(PatternGraph graph, string operand)
    {
        if (graph.Made(operand, "Reshape") is not { } back || graph.Made(back.Input[0], "Transpose") is not { } turn || turn.AttributeInts("perm") is not [0, 2, 1]) return null;
        if (graph.Made(turn.Input[0], "Reshape") is not { } batch || graph.Shapes.Shape(batch.Input[0]) is not { Count: 4 } rows) return null;
        if (graph.Shapes.Shape(batch.Output[0]) is not { Count: 3 } flat || graph.Shapes.Shape(operand) is not { Count: 4 } columns) return null;
        bool flattened = flat[1].Equals(rows[2]) && flat[2].Equals(rows[3]);
        return flattened && columns.SequenceEqual([rows[0], rows[1], rows[3], rows[2]]) ? batch.Input[0] : null;
    }
}
