using System.Numerics;

namespace Glossa.Data.Languages.Selection;

/// <summary>
/// Facility location: the coverage of a set is the sum, over all languages, of the similarity to the nearest of the set.
/// It is monotone and submodular, so the greedy choice has at least 1 - 1/e of the best possible coverage (Nemhauser,
/// Wolsey and Fisher, "An analysis of approximations for maximizing submodular set functions", 1978).
/// </summary>
internal sealed class FacilityLocation(SimilarityMatrix similarity)
{
    // A difference is at most a million, so the sum of this many fits 32 bits.
    private const int Chunk = 2048;

    private readonly int[] _best = new int[similarity.Count];
    private readonly int[] _nearest = CreateNearest(similarity.Count);

    /// <summary>For each language the similarity to its nearest chosen one, in millionths; 0 before any choice.</summary>
    public ReadOnlySpan<int> Best => _best;

    /// <summary>For each language its nearest chosen one, of equals the one chosen first; -1 before any choice.</summary>
    public ReadOnlySpan<int> Nearest => _nearest;

    /// <summary>The language whose choice raises the coverage most, of equals the first; never one chosen before.</summary>
    public int Greedy(ReadOnlySpan<bool> chosen)
    {
        int pick = -1;
        long most = -1;
        for (int candidate = 0; candidate < similarity.Count; candidate++)
        {
            if (chosen[candidate]) continue;
            long gain = Gain(candidate);
            if (gain > most) (pick, most) = (candidate, gain);
        }
        return pick;
    }

    /// <summary>By how much a choice would raise the coverage, in millionths.</summary>
    public long Gain(int candidate)
    {
        ReadOnlySpan<int> row = similarity.Row(candidate);
        ReadOnlySpan<int> best = _best;
        long total = 0;
        for (int start = 0; start < row.Length; start += Chunk)
        {
            int length = Math.Min(Chunk, row.Length - start);
            total += Gain(row.Slice(start, length), best.Slice(start, length));
        }
        return total;
    }

    /// <summary>Adds a language to the choice and returns those that it now stands for best, itself included.</summary>
    public List<int> Choose(int pick)
    {
        ReadOnlySpan<int> row = similarity.Row(pick);
        List<int> represented = [];
        for (int i = 0; i < row.Length; i++)
        {
            if (_nearest[i] >= 0 && row[i] <= _best[i]) continue;
            _best[i] = row[i];
            _nearest[i] = pick;
            represented.Add(i);
        }
        return represented;
    }

    private static int Gain(ReadOnlySpan<int> row, ReadOnlySpan<int> best)
    {
        Vector<int> sum = default;
        int i = 0;
        for (; i <= row.Length - Vector<int>.Count; i += Vector<int>.Count)
            sum += Vector.Max(new Vector<int>(row[i..]) - new Vector<int>(best[i..]), Vector<int>.Zero);
        int total = Vector.Sum(sum);
        for (; i < row.Length; i++) total += Math.Max(row[i] - best[i], 0);
        return total;
    }

    private static int[] CreateNearest(int count)
    {
        int[] nearest = new int[count];
        Array.Fill(nearest, -1);
        return nearest;
    }
}
