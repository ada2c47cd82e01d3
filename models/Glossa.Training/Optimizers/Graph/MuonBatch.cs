using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers.Graph;

/// <summary><see cref="MuonRule"/> over all equal matrices of a group at once.</summary>
internal static class MuonBatch
{
    /// <summary>New weights and momentum of each piece.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="options">The group.</param>
    /// <param name="pieces">Pieces of one shape, with what they read.</param>
    /// <param name="transposed">Parameters stored [inputs, outputs].</param>
    /// <param name="rate">The group's rate.</param>
    /// <param name="keep">What decay leaves.</param>
    public static IReadOnlyList<PieceState> Update(
        GraphBuilder g, OptimizerGroupOptions options, IReadOnlyList<(OptimizerPiece Piece, PieceState State)> pieces, IReadOnlySet<string> transposed, Value rate, Value keep)
    {
        ParameterSlot[] slots = [.. pieces.SelectMany(piece => piece.Piece.Slots)];
        Value weights = Stack(g, pieces.Select(piece => piece.State.Weights), "weights");
        Value gradients = Stack(g, pieces.Select(piece => piece.State.Gradients), "gradients");
        Value momentum = Stack(g, pieces.Select(piece => piece.State.First), "momentum");
        Value moved = g.Add(momentum, g.Mul(g.Sub(gradients, momentum), g.Constant(1 - options.Momentum)), "momentum.moved");
        Value ahead = options.Nesterov ? g.Add(gradients, g.Mul(g.Sub(moved, gradients), g.Constant(options.Momentum)), "ahead") : moved;
        Value direction = new BatchedNewtonSchulz(g, (int)slots[0].Shape[0], (int)slots[0].Shape[1]).Of(ahead, options.Epsilon ?? MuonRule.Epsilon);
        float[] scales = [.. slots.Select(slot => MuonRule.Scale(options, slot, options.Transposed || transposed.Contains(slot.Name)))];
        Value rates = g.Mul(g.Initializer(OnnxFactory.Tensor("scales." + slots[0].Name, [slots.Length, 1, 1], scales)), rate, "rates.scaled");
        Value updated = g.Sub(g.Mul(weights, keep), g.Mul(direction, rates), "weights.moved");
        Value[] newWeights = Unstack(g, updated, pieces, "weights.moved"), newMomentum = Unstack(g, moved, pieces, "momentum.moved");
        return [.. newWeights.Zip(newMomentum, (w, m) => new PieceState(w, Value.None, m, Value.None))];
    }

    private static Value Stack(GraphBuilder g, IEnumerable<Value> values, string name)
    {
        Value[] all = [.. values];
        return all.Length == 1 ? all[0] : g.Concat(all, 0, name);
    }

    private static Value[] Unstack(GraphBuilder g, Value stacked, IReadOnlyList<(OptimizerPiece Piece, PieceState State)> pieces, string name) => pieces.Count == 1
        ? [stacked]
        : g.Ops("Split", [stacked, g.Ints([.. pieces.Select(piece => piece.Piece.Shape[0])])], [.. pieces.Select(_ => name)], "", OnnxFactory.Attribute("axis", 0L));
}
