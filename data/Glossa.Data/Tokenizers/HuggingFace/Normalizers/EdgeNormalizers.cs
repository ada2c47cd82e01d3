namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>Puts a text before every piece that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        if (start == end || prefix.Length == 0) return false;
        target.Append(prefix, source, start);
        target.Append(source, start, end);
        return true;
    }
}

/// <summary>Drops white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        ReadOnlySpan<char> text = source.Characters;
        (int from, int to) = (start, end);
        while (left && from < to && char.IsWhiteSpace(text[from])) from++;
        while (right && to > from && char.IsWhiteSpace(text[to - 1])) to--;
        if (from == start && to == end) return false;
        target.Append(source, from, to);
        return true;
    }
}
