namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>What becomes of the stretches that a split finds; "the-final--countdown" split at "-" shows each.</summary>
internal enum SplitBehavior
{
    /// <summary>the, final, countdown</summary>
    Removed,

    /// <summary>the, -, final, -, -, countdown</summary>
    Isolated,

    /// <summary>the-, final-, -, countdown</summary>
    MergedWithPrevious,

    /// <summary>the, -final, -, -countdown</summary>
    MergedWithNext,

    /// <summary>the, -, final, --, countdown</summary>
    Contiguous,
}

/// <summary>Collects matches and the stretches between them, and puts out pieces as a <see cref="SplitBehavior"/> says.</summary>
internal static class Splitter
{
    /// <summary>Puts out the parts of a piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="matches">Matches in it, in units from its start.</param>
    /// <param name="behavior">What becomes of them.</param>
    /// <param name="invert">True where the stretches between the matches are what was looked for.</param>
    /// <param name="output">Where the parts go.</param>
    public static void Split(Piece piece, List<TextMatch> matches, SplitBehavior behavior, bool invert, List<Piece> output)
    {
        List<(int Start, int End, bool IsMatch)> parts = Parts(piece, matches, invert);
        int first = output.Count;
        switch (behavior)
        {
            case SplitBehavior.MergedWithNext:
                MergeWithNext(parts, output);
                break;
            default:
                bool previous = false;
                foreach ((int start, int end, bool isMatch) in parts)
                {
                    bool joins = behavior switch
                    {
                        SplitBehavior.Contiguous => isMatch == previous,
                        SplitBehavior.MergedWithPrevious => isMatch && !previous,
                        _ => false,
                    };
                    if (joins && output.Count > first) output[^1] = output[^1] with { End = end };
                    else if (!isMatch || behavior != SplitBehavior.Removed) output.Add(new Piece(start, end));
                    previous = isMatch;
                }
                break;
        }
    }

    private static void MergeWithNext(List<(int Start, int End, bool IsMatch)> parts, List<Piece> output)
    {
        int first = output.Count;
        bool previous = false;
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            (int start, int end, bool isMatch) = parts[i];
            if (isMatch && !previous && output.Count > first) output[^1] = output[^1] with { Start = start };
            else output.Add(new Piece(start, end));
            previous = isMatch;
        }
        output.Reverse(first, output.Count - first);
    }

    private static List<(int Start, int End, bool IsMatch)> Parts(Piece piece, List<TextMatch> matches, bool invert)
    {
        List<(int, int, bool)> parts = [];
        int at = piece.Start;
        foreach (TextMatch match in matches)
        {
            (int start, int end) = (piece.Start + match.Start, piece.Start + match.End);
            if (start > at) parts.Add((at, start, invert));
            parts.Add((start, end, !invert));
            at = end;
        }
        if (at < piece.End) parts.Add((at, piece.End, invert));
        return parts;
    }
}
