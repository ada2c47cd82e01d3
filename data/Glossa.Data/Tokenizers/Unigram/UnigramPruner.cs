namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>Chooses the pieces whose loss would lower the text's likelihood least (Kudo, 2018).</summary>
internal static class UnigramPruner
{
    /// <summary>Which pieces to keep: single symbols and, of the others, those that matter most.</summary>
    /// <param name="tree">The pieces.</param>
    /// <param name="estimator">Their probabilities and counts.</param>
    /// <param name="target">How many pieces are to be left.</param>
    /// <param name="tokenCost">What a token costs beside its probability, in nats.</param>
    public static bool[] Choose(SubstringTree tree, UnigramEstimator estimator, int target, double tokenCost)
    {
        SubstringNode[] nodes = tree.Nodes;
        double[] logs = Array.ConvertAll(estimator.Probabilities, Math.Log);
        double[] losses = new double[nodes.Length];
        double total = estimator.Counts.Sum();
        Parallel.For(0, (nodes.Length >> 10) + 1, () => new Workspace(tree, logs, tokenCost), (block, _, workspace) =>
        {
            for (int i = block << 10; i < Math.Min(nodes.Length, (block + 1) << 10); i++)
                losses[i] = nodes[i].Length == 1 ? double.PositiveInfinity : workspace.Loss(i, estimator.Counts, total);
            return workspace;
        }, _ => { });
        int[] ranked = [.. Enumerable.Range(0, nodes.Length)];
        // Nodes are in the order of their symbols: of equals the first stays.
        Array.Sort(ranked, (a, b) => losses[a] != losses[b] ? losses[b].CompareTo(losses[a]) : a.CompareTo(b));
        bool[] keep = Array.ConvertAll(losses, double.IsPositiveInfinity);
        foreach (int i in ranked.Take(target)) keep[i] = true;
        return keep;
    }

    /// <summary>The best way to cut a piece into others.</summary>
    private sealed class Workspace(SubstringTree tree, double[] logs, double tokenCost)
    {
        private readonly double[] _best = new double[tree.Nodes.Max(node => node.Length) + 1];
        private readonly int[] _last = new int[tree.Nodes.Max(node => node.Length) + 1];

        /// <summary>How much log likelihood the text loses where a piece is replaced by the best other way to write it, whose pieces become more frequent by that.</summary>
        public double Loss(int piece, double[] counts, double total)
        {
            int parts = Cut(piece);
            double count = counts[piece], newTotal = Math.Log(total + (count * (parts - 1)));
            double without = 0;
            for (int end = tree.Nodes[piece].Length; end > 0; end -= tree.Nodes[_last[end]].Length)
                without += Math.Log(counts[_last[end]] + count) - newTotal;
            return count * (Math.Log(Math.Max(count, 1e-9)) - Math.Log(total) - without + (tokenCost * (parts - 1)));
        }

        private int Cut(int piece)
        {
            SubstringNode whole = tree.Nodes[piece];
            Array.Fill(_best, double.NegativeInfinity);
            _best[0] = 0;
            for (int at = 0; at < whole.Length; at++)
            {
                if (double.IsNegativeInfinity(_best[at])) continue;
                for (int i = tree.Longest[whole.Place + at]; i >= 0; i = tree.Nodes[i].Parent)
                {
                    int end = at + tree.Nodes[i].Length;
                    if (end > whole.Length || i == piece || _best[at] + logs[i] <= _best[end]) continue;
                    (_best[end], _last[end]) = (_best[at] + logs[i], i);
                }
            }
            int parts = 0;
            for (int end = whole.Length; end > 0; end -= tree.Nodes[_last[end]].Length) parts++;
            return parts;
        }
    }
}
