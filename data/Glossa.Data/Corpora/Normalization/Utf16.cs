namespace Glossa.Data.Corpora.Normalization;

/// <summary>Code points of UTF-16 text.</summary>
internal static class Utf16
{
    /// <summary>The code point at a place of valid UTF-16, and its length in units.</summary>
    public static int CodePointAt(ReadOnlySpan<char> text, int index, out int length)
    {
        char first = text[index];
        if (char.IsHighSurrogate(first) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(first, text[index + 1]);
        }
        length = 1;
        return first;
    }
}
