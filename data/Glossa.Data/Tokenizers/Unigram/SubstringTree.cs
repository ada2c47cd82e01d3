namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>
/// The pieces of a vocabulary as a tree: a piece's parent is the longest other piece that it starts with. Each place of the text knows the longest piece that starts there,
/// so that following parents visits all pieces that do: a lattice without look-ups of strings.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="nodes">The pieces, parents before children.</param>
/// <param name="longest">For each place of the text the number of its longest piece; -1 where there is none.</param>
internal sealed class SubstringTree(SegmentedText text, SubstringNode[] nodes, int[] longest)
{
    /// <summary>The text.</summary>
    public SegmentedText Text { get; } = text;

    /// <summary>The pieces, parents before children.</summary>
    public SubstringNode[] Nodes { get; private set; } = nodes;

    /// <summary>For each place of the text the number of its longest piece; -1 where there is none.</summary>
    public int[] Longest { get; } = longest;

    /// <summary>Keeps some of the pieces; the others' places pass to the longest of the kept that they start with.</summary>
    /// <param name="keep">One entry for each piece.</param>
    public void Keep(ReadOnlySpan<bool> keep)
    {
        int[] replacement = new int[Nodes.Length];
        List<SubstringNode> kept = [];
        for (int i = 0; i < replacement.Length; i++)
        {
            SubstringNode node = Nodes[i];
            int parent = node.Parent < 0 ? -1 : replacement[node.Parent];
            replacement[i] = parent;
            if (!keep[i]) continue;
            replacement[i] = kept.Count;
            kept.Add(node with { Parent = parent });
        }
        Nodes = [.. kept];
        int[] longest = Longest;
        Parallel.For(0, (longest.Length >> 16) + 1, block =>
        {
            foreach (ref int node in longest.AsSpan(block << 16, Math.Min(1 << 16, longest.Length - (block << 16))))
                if (node >= 0) node = replacement[node];
        });
    }
}

/// <summary>A piece.</summary>
/// <param name="Parent">The longest other piece that it starts with; -1 for none.</param>
/// <param name="Length">Its symbols.</param>
/// <param name="Place">A place of the text where it stands.</param>
/// <param name="Weight">How often it stands in the text, overlapping places included.</param>
internal readonly record struct SubstringNode(int Parent, int Length, int Place, long Weight);
