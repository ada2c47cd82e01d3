using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers.Graph;

/// <summary>
/// Neighbouring tensors of one group that one chain of nodes updates: for rules of single elements any, as one flat tensor, the zeros between them included; for Muon equal
/// matrices without a gap, as one batch. Few large pieces are few launches.
/// </summary>
/// <param name="Group">Number of the group.</param>
/// <param name="Slots">The tensors.</param>
/// <param name="Shape">Shape of the piece: <c>[length]</c> or <c>[matrices, rows, columns]</c>.</param>
internal sealed record OptimizerPiece(int Group, IReadOnlyList<ParameterSlot> Slots, long[] Shape)
{
    public int Offset => Slots[0].Offset;

    public bool IsMatrices => Shape.Length == 3;

    /// <summary>The pieces of a layout, in its order.</summary>
    public static IReadOnlyList<OptimizerPiece> Of(ParameterLayout layout, IReadOnlyList<ParameterGroup> groups)
    {
        Dictionary<string, int> groupOf = [];
        for (int i = 0; i < groups.Count; i++)
            foreach (ParameterSlot slot in groups[i].Slots) groupOf[slot.Name] = i;
        List<List<ParameterSlot>> runs = [];
        foreach (ParameterSlot slot in layout.Slots)
        {
            if (runs.Count > 0 && Continues(runs[^1][^1], slot)) runs[^1].Add(slot);
            else runs.Add([slot]);
        }
        return [.. runs.Select(Make)];

        bool Continues(ParameterSlot last, ParameterSlot next) => groupOf[last.Name] == groupOf[next.Name]
            && (!IsMuon(last) || (last.Shape.AsSpan().SequenceEqual(next.Shape) && last.Offset + last.Length == next.Offset));

        bool IsMuon(ParameterSlot slot) => groups[groupOf[slot.Name]].Options.Kind == OptimizerKind.Muon;

        OptimizerPiece Make(List<ParameterSlot> run)
        {
            ParameterSlot first = run[0], last = run[^1];
            long[] shape = IsMuon(first) ? [run.Count, .. first.Shape] : [Padded(last.Offset + last.Length) - first.Offset];
            return new OptimizerPiece(groupOf[first.Name], run, shape);
        }
    }

    private static int Padded(int end) => (end + ParameterLayout.Alignment - 1) / ParameterLayout.Alignment * ParameterLayout.Alignment;
}
