using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>A Unicode normal form.</summary>
internal sealed class UnicodeNormalizer(UnicodeForm form) : INormalizer
{
    // No normal form changes a smaller character, and none joins the one before it.
    private const char FirstAffected = '\u00A0';

    [ThreadStatic]
    private static List<int>? _segment;

    [ThreadStatic]
    private static List<FormedCharacter>? _formed;

    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        int copied = start, affected = NextAffected(source, start, start, end, out int boundary);
        if (affected < 0) return false;
        List<int> segment = _segment ??= [];
        List<FormedCharacter> formed = _formed ??= [];
        for (; affected >= 0; affected = NextAffected(source, copied, copied, end, out boundary))
        {
            target.Append(source, copied, boundary);
            segment.Clear();
            int next = boundary;
            while (next < end)
            {
                int codePoint = source.CodePointAt(next, out int length);
                if (next > affected && !Affects(codePoint)) break;
                segment.Add(codePoint);
                next += length;
            }
            form.Apply(segment, formed);
            new Realignment(source, start, boundary, end, target).Write(formed);
            copied = next;
        }
        target.Append(source, copied, end);
        return true;
    }

    /// <summary>The first character from <paramref name="from"/> on that may change, or -1; <paramref name="boundary"/> is the one before it, which it may join.</summary>
    private int NextAffected(AlignedText source, int from, int first, int end, out int boundary)
    {
        boundary = first;
        ReadOnlySpan<char> text = source.Characters[..end];
        for (int i = from; i < end;)
        {
            if (text[i] < FirstAffected)
            {
                int run = text[i..].IndexOfAnyExceptInRange('\0', (char)(FirstAffected - 1));
                if (run < 0) return -1;
                i += run;
                boundary = i - 1;
            }
            int codePoint = Utf16.CodePointAt(text, i, out int length);
            if (Affects(codePoint)) return i;
            // A character that the library does not know yet joins nothing.
            boundary = OlderUnicode.HasNewForm(codePoint) ? i + length : i;
            i += length;
        }
        return -1;
    }

    private bool Affects(int codePoint) => form.Affects(codePoint) && !OlderUnicode.HasNewForm(codePoint);
}
