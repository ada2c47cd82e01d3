namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>What the lattice has to know of a piece, together in memory.</summary>
/// <param name="Probability">Its probability.</param>
/// <param name="Parent">The longest other piece that it starts with; -1 for none.</param>
/// <param name="Length">Its symbols.</param>
internal readonly record struct LatticeNode(double Probability, int Parent, int Length);

/// <summary>The expected counts of pieces over all ways to cut segments: one sweep forward, one backward.</summary>
internal sealed class LatticeCounter(LatticeNode[] nodes, int[] longest)
{
    // Forward sums below 2^-ScaleBits are multiplied by 2^ScaleBits; how often that was done is kept for each place.
    private const int ScaleBits = 256;
    private static readonly double ScaleUp = Math.ScaleB(1, ScaleBits), TooSmall = Math.ScaleB(1, -ScaleBits);

    private readonly int _longestPiece = nodes.Length == 0 ? 0 : nodes.Max(node => node.Length);
    private double[] _forward = [];
    private double[] _ratio = [];
    private int[] _scale = [];

    /// <summary>The expected count of each piece, as whole numbers.</summary>
    public long[] Counts { get; } = new long[nodes.Length];

    /// <summary>Counts the pieces of a segment.</summary>
    /// <param name="start">Its first place.</param>
    /// <param name="end">The place after its last.</param>
    /// <param name="weight">What one occurrence counts.</param>
    public void Add(int start, int end, double weight)
    {
        int length = end - start;
        if (_forward.Length < length + _longestPiece + 1)
            (_forward, _ratio, _scale) = (new double[(length * 2) + _longestPiece + 1], new double[(length * 2) + 1], new int[(length * 2) + 1]);
        ReadOnlySpan<int> pieces = longest.AsSpan(start, length);
        bool isScaled = Forward(pieces);
        Backward(pieces, weight, isScaled);
    }

    /// <summary>For each place the summed probability of all ways to get there; true where some had to be scaled.</summary>
    private bool Forward(ReadOnlySpan<int> pieces)
    {
        LatticeNode[] all = nodes;
        Span<double> forward = _forward.AsSpan(0, pieces.Length + 1);
        forward.Clear();
        forward[0] = 1;
        int scale = 0;
        for (int place = 0; place < pieces.Length; place++)
        {
            if (forward[place] < TooSmall)
            {
                // Sums further on that are begun already lie within the longest piece.
                foreach (ref double sum in forward[place..Math.Min(forward.Length, place + _longestPiece)]) sum *= ScaleUp;
                scale++;
            }
            _scale[place] = scale;
            double here = forward[place];
            for (int i = pieces[place]; i >= 0;)
            {
                ref readonly LatticeNode node = ref all[i];
                forward[place + node.Length] += here * node.Probability;
                i = node.Parent;
            }
        }
        _scale[pieces.Length] = scale;
        return scale > 0;
    }

    /// <summary>
    /// The share of all ways that use a piece is: the share that passes its end, times the part of the forward sum there that came through the piece.
    /// </summary>
    private void Backward(ReadOnlySpan<int> pieces, double weight, bool isScaled)
    {
        LatticeNode[] all = nodes;
        long[] counts = Counts;
        double[] forward = _forward, ratio = _ratio;
        ratio[pieces.Length] = weight / forward[pieces.Length];
        for (int place = pieces.Length - 1; place >= 0; place--)
        {
            double here = forward[place], sum = 0;
            for (int i = pieces[place]; i >= 0;)
            {
                ref readonly LatticeNode node = ref all[i];
                int end = place + node.Length;
                double share = here * node.Probability * ratio[end];
                if (isScaled && _scale[end] != _scale[place]) share = Math.ScaleB(share, ScaleBits * (_scale[end] - _scale[place]));
                counts[i] += (long)share;
                sum += share;
                i = node.Parent;
            }
            ratio[place] = sum / here;
        }
    }
}
