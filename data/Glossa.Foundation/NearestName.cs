namespace Glossa;

/// <summary>Finds the name that a person most likely meant, for "did you mean" in error messages.</summary>
public static class NearestName
{
    /// <summary>
    /// The candidate with the smallest edit distance to <paramref name="value"/>, letter case ignored; null where none is
    /// near enough to be a likely slip. Ties go to the candidate that is first in ordinal order, so that the answer does
    /// not depend on the order of <paramref name="candidates"/>.
    /// </summary>
    /// <param name="value">What was written.</param>
    /// <param name="candidates">The names that exist.</param>
    /// <returns>The nearest name, or null.</returns>
    public static string? Find(string value, IEnumerable<string> candidates)
    {
        string wanted = value.ToUpperInvariant();
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            string name = candidate.ToUpperInvariant();
            // A long name that begins with what was written (or the reverse) is an abbreviation, not a slip of the pen.
            bool abbreviated = wanted.Length >= 2 && name.Length >= 2
                && (name.StartsWith(wanted, StringComparison.Ordinal) || wanted.StartsWith(name, StringComparison.Ordinal));
            int distance = Distance(wanted, name);
            int limit = Math.Max(1, Math.Max(wanted.Length, name.Length) / 2);
            if (distance > limit && !abbreviated) continue;
            if (abbreviated) distance = Math.Min(distance, limit);
            if (distance < bestDistance || (distance == bestDistance && string.CompareOrdinal(candidate, best) < 0))
                (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    /// <summary>
    /// The number of insertions, deletions, substitutions and swaps of neighbours that turn <paramref name="a"/> into
    /// <paramref name="b"/>, no part edited twice (optimal string alignment; Damerau, "A technique for computer detection
    /// and correction of spelling errors", 1964).
    /// </summary>
    public static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        int[] beforePrevious = new int[b.Length + 1];
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                int distance = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    distance = Math.Min(distance, beforePrevious[j - 2] + 1);
                current[j] = distance;
            }
            (beforePrevious, previous, current) = (previous, current, beforePrevious);
        }
        return previous[b.Length];
    }

    /// <summary>
    /// The advice for an unknown <paramref name="value"/>: <c>did you mean 'x'?</c>, or where nothing is near the first
    /// few names that exist.
    /// </summary>
    /// <param name="value">What was written.</param>
    /// <param name="candidates">The names that exist.</param>
    /// <param name="most">How many names to list at most.</param>
    public static string Advice(string value, IReadOnlyCollection<string> candidates, int most = 12)
    {
        if (Find(value, candidates) is string nearest) return $"did you mean '{nearest}'?";
        string[] names = [.. candidates.Order(StringComparer.Ordinal).Take(most)];
        string rest = candidates.Count > names.Length ? $" and {candidates.Count - names.Length} more" : "";
        return names.Length == 0 ? "there are none" : $"there are: {string.Join(", ", names)}{rest}";
    }
}
