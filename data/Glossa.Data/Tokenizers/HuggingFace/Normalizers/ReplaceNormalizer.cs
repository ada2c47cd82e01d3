namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>Replaces what a pattern finds by a text.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        List<TextMatch> matches = pattern.Matches(source.Characters[start..end]);
        if (matches.Count == 0) return false;
        int copied = start;
        foreach (TextMatch match in matches)
        {
            (int from, int to) = (start + match.Start, start + match.End);
            target.Append(source, copied, from);
            // The replacement belongs to the last character that it replaces.
            if (to > start) target.Append(content, source, to - 1);
            else foreach (char c in content) target.Append(c, source.StartOf(start), source.StartOf(start));
            copied = to;
        }
        target.Append(source, copied, end);
        return true;
    }
}
