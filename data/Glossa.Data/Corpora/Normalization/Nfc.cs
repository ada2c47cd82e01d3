using System.Buffers;
using System.Text;

namespace Glossa.Data.Corpora.Normalization;

/// <summary>
/// Unicode normalization form C (Unicode Standard Annex 15) of Unicode 17, the same on every machine: the runtime's own
/// <see cref="string.Normalize()"/> does nothing under invariant globalization and elsewhere follows the Unicode version
/// of the installed ICU library.
/// </summary>
public static class Nfc
{
    /// <summary>Every character below is its own normal form and joins nothing: U+0300 is the first combining mark.</summary>
    private const char FirstUnsettled = '\u0300';

    /// <summary>First UTF-8 byte of U+0300; smaller bytes cannot start a character that matters here.</summary>
    private const byte FirstUnsettledLead = 0xCC;

    /// <summary>True where <paramref name="text"/> is in form C already.</summary>
    public static bool IsNormalized(ReadOnlySpan<char> text) => FirstTrouble(text, 0, out _) < 0;

    /// <summary>The text in form C; the same instance where it is in that form already.</summary>
    public static string Normalize(string text)
    {
        if (IsNormalized(text)) return text;
        ArrayBufferWriter<char> result = new(text.Length + 16);
        Normalize(text, result);
        return new string(result.WrittenSpan);
    }

    /// <summary>Writes valid UTF-8 in form C to <paramref name="destination"/>, unless it is in that form already.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="destination">Where the normal form is appended.</param>
    /// <returns>False where <paramref name="text"/> was normalized already and nothing was written.</returns>
    public static bool TryNormalizeUtf8(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> destination)
    {
        if (!text.ContainsAnyInRange(FirstUnsettledLead, byte.MaxValue)) return false;
        char[] rented = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            ReadOnlySpan<char> characters = rented.AsSpan(0, Encoding.UTF8.GetChars(text, rented));
            if (IsNormalized(characters)) return false;
            ArrayBufferWriter<char> result = new(characters.Length + 16);
            Normalize(characters, result);
            Encoding.UTF8.GetBytes(result.WrittenSpan, destination);
            return true;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    /// <summary>Appends the form C of <paramref name="text"/>; lone surrogates are kept as they are.</summary>
    private static void Normalize(ReadOnlySpan<char> text, ArrayBufferWriter<char> result)
    {
        List<FormedCharacter> scratch = [];
        int copied = 0;
        while (FirstTrouble(text, copied, out int boundary) is int trouble and >= 0)
        {
            int end = NextBoundary(text, trouble);
            result.Write(text[copied..boundary]);
            NormalizeSegment(text[boundary..end], scratch, result);
            copied = end;
        }
        result.Write(text[copied..]);
    }

    /// <summary>
    /// Where the text stops being obviously normalized, or -1; <paramref name="boundary"/> is the start of the last
    /// character before it that nothing behind can reach across.
    /// </summary>
    private static int FirstTrouble(ReadOnlySpan<char> text, int start, out int boundary)
    {
        boundary = start;
        byte previousClass = 0;
        for (int i = start; i < text.Length;)
        {
            if (text[i] < FirstUnsettled)
            {
                int run = text[i..].IndexOfAnyExceptInRange('\0', (char)(FirstUnsettled - 1));
                if (run < 0) return -1;
                i += run;
                boundary = i - 1;
                previousClass = 0;
            }
            int codePoint = Utf16.CodePointAt(text, i, out int length);
            ushort property = NfcTable.Instance.Property(codePoint);
            byte combiningClass = (byte)property;
            if ((property & NfcTable.Unsettled) != 0 || (combiningClass != 0 && combiningClass < previousClass)) return i;
            if (combiningClass == 0) boundary = i;
            previousClass = combiningClass;
            i += length;
        }
        return -1;
    }

    /// <summary>The start of the first character at or after <paramref name="start"/> that joins nothing before it.</summary>
    private static int NextBoundary(ReadOnlySpan<char> text, int start)
    {
        Utf16.CodePointAt(text, start, out int length);
        int i = start + length;
        while (i < text.Length)
        {
            if (NfcTable.Instance.Property(Utf16.CodePointAt(text, i, out length)) == 0) return i;
            i += length;
        }
        return i;
    }

    private static void NormalizeSegment(ReadOnlySpan<char> segment, List<FormedCharacter> scratch, ArrayBufferWriter<char> result)
    {
        scratch.Clear();
        for (int i = 0; i < segment.Length;)
        {
            CanonicalSegment.Decompose(Utf16.CodePointAt(segment, i, out int length), compatible: false, scratch);
            i += length;
        }
        CanonicalSegment.Reorder(scratch);
        CanonicalSegment.Compose(scratch);
        foreach ((int codePoint, _) in scratch)
        {
            if (codePoint <= char.MaxValue)
            {
                result.GetSpan(1)[0] = (char)codePoint;
                result.Advance(1);
            }
            else
            {
                result.Advance(new Rune(codePoint).EncodeToUtf16(result.GetSpan(2)));
            }
        }
    }
}
