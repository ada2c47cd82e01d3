namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>
/// Estimates the probabilities of pieces by expectation and maximization (Kudo, 2018). Expected counts are added up as whole numbers, so that neither
/// threads nor the order of words changes them.
/// </summary>
internal sealed class UnigramEstimator
{
    // Fewer expected occurrences than this are none.
    private const double LeastCount = 0.5;
    private const int SegmentsPerTask = 4096;

    private readonly SubstringTree _tree;
    private readonly double _unit;
    private readonly double _resolution;
    private readonly ParallelOptions _parallel;

    /// <summary>Starts from the pieces' frequencies as substrings.</summary>
    /// <param name="tree">The pieces.</param>
    /// <param name="unit">The weight of an average occurrence.</param>
    /// <param name="threads">Threads.</param>
    public UnigramEstimator(SubstringTree tree, double unit, int threads)
    {
        (_tree, _unit) = (tree, unit);
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        // No count exceeds the text's weighted length, so none can leave 62 bits.
        _resolution = Math.ScaleB(1, 61) / tree.Nodes.Where(node => node.Length == 1).Sum(node => (double)node.Weight);
        Counts = Array.ConvertAll(tree.Nodes, node => node.Weight * node.Length / unit);
        double sum = Counts.Sum();
        Probabilities = Array.ConvertAll(Counts, count => count / sum);
    }

    /// <summary>The probability of each piece.</summary>
    public double[] Probabilities { get; private set; }

    /// <summary>The expected count of each piece, in average occurrences.</summary>
    public double[] Counts { get; private set; }

    /// <summary>Counts, then drops pieces that hardly occur and sets the probabilities of the others.</summary>
    public void Improve()
    {
        Counts = Expect();
        Keep(Array.ConvertAll(_tree.Nodes.Zip(Counts).ToArray(), pair => pair.First.Length == 1 || pair.Second >= LeastCount));
        // The digamma function takes half an occurrence from every piece (a sparse prior on them): the rare ones lose most.
        double sum = SpecialFunctions.Digamma(Counts.Sum(count => Math.Max(count, LeastCount)));
        Probabilities = Array.ConvertAll(Counts, count => Math.Exp(SpecialFunctions.Digamma(Math.Max(count, LeastCount)) - sum));
    }

    /// <summary>Keeps some of the pieces.</summary>
    public void Keep(bool[] keep)
    {
        _tree.Keep(keep);
        Counts = [.. Counts.Where((_, i) => keep[i])];
        Probabilities = [.. Probabilities.Where((_, i) => keep[i])];
    }

    private double[] Expect()
    {
        SegmentedText text = _tree.Text;
        LatticeNode[] nodes = [.. _tree.Nodes.Select((node, i) => new LatticeNode(Probabilities[i], node.Parent, node.Length))];
        long[] sums = new long[nodes.Length];
        int tasks = (text.Starts.Length + SegmentsPerTask - 1) / SegmentsPerTask;
        Parallel.For(0, tasks, _parallel, () => new LatticeCounter(nodes, _tree.Longest), (task, _, counter) =>
        {
            int end = Math.Min(text.Starts.Length, (task + 1) * SegmentsPerTask);
            for (int i = task * SegmentsPerTask; i < end; i++) counter.Add(text.Starts[i], text.Ends[i], text.Weights[i] * _resolution);
            return counter;
        }, counter =>
        {
            lock (sums)
                for (int i = 0; i < sums.Length; i++) sums[i] += counter.Counts[i];
        });
        return Array.ConvertAll(sums, sum => sum / (_resolution * _unit));
    }
}
