using System.Text;

namespace Glossa.Pipeline.Report;

/// <summary>What text from data may do in a document.</summary>
internal static class TextRules
{
    /// <summary>
    /// <paramref name="rune"/>, or U+FFFD where it is a control character, a non-character, or changes the direction of
    /// the text around it (embedding, override and isolate controls); a line break or tab becomes a space.
    /// </summary>
    public static Rune Printable(Rune rune) => rune.Value switch
    {
        '\t' or '\n' or '\r' => new Rune(' '),
        < 0x20 or (>= 0x7F and <= 0x9F) => Rune.ReplacementChar,
        (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => Rune.ReplacementChar,
        0x2028 or 0x2029 => new Rune(' '),
        (>= 0xFDD0 and <= 0xFDEF) => Rune.ReplacementChar,
        _ when (rune.Value & 0xFFFE) == 0xFFFE => Rune.ReplacementChar,
        _ => rune,
    };
}
