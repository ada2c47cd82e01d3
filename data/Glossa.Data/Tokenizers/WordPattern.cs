using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// How text is cut into the words that merges never cross. Each pattern is a regular expression over code points, as
/// Hugging Face's clients run it, and a scanner by hand that cuts at the same places without allocating.
/// </summary>
public sealed class WordPattern
{
    private const string White = "\\t-\\r\u0085\\p{Z}";
    private const string Letters = "\\p{L}\\p{M}\u200C\u200D";
    private const string Apostrophes = "'\u2019";

    /// <summary>
    /// GPT-2's pattern: English contractions, letters, numbers, other characters, white space. Combining marks are
    /// "other", so that most Indic words fall apart.
    /// </summary>
    public static WordPattern Gpt2 { get; } = new("gpt2",
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        Gpt2Class, apostrophesInWords: false, contractions: true);

    /// <summary>
    /// Letters with their combining marks and joiners, an apostrophe between letters included. White space is spelled
    /// out as Unicode's White_Space property, because the clients' <c>\s</c> differ (U+0085, U+FEFF).
    /// </summary>
    public static WordPattern Words { get; } = new("words",
        $" ?[{Letters}]+(?:[{Apostrophes}][{Letters}]+)*| ?\\p{{N}}+| ?[^{White}{Letters}\\p{{N}}]+|[{White}]+(?![^{White}])|[{White}]+",
        WordsClass, apostrophesInWords: true, contractions: false);

    /// <summary>
    /// All between white space, so that tokens may join letters, digits and punctuation; scripts that part words otherwise than by spaces need it.
    /// A less-than sign stands alone: nothing that a text spells out can then be one of the vocabulary's <c>&lt;unk&gt;</c>, <c>&lt;0x41&gt;</c> or <c>&lt;lang:de&gt;</c>.
    /// </summary>
    public static WordPattern Phrases { get; } = new("phrases",
        $" ?[^{White}<]+| ?<+|[{White}]+(?![^{White}])|[{White}]+",
        PhrasesClass, apostrophesInWords: false, contractions: false);

    private readonly CodePointClass[] _basicPlane;
    private readonly Func<int, CodePointClass> _classify;
    private readonly bool _apostrophesInWords;
    private readonly bool _contractions;

    private WordPattern(string name, string regex, Func<int, CodePointClass> classify, bool apostrophesInWords, bool contractions)
    {
        Name = name;
        Regex = regex;
        _classify = classify;
        _apostrophesInWords = apostrophesInWords;
        _contractions = contractions;
        _basicPlane = new CodePointClass[0x10000];
        for (int c = 0; c < _basicPlane.Length; c++) _basicPlane[c] = classify(c);
        _basicPlane.AsSpan(0xD800, 0x800).Fill(classify(0xFFFD));
    }

    private enum CodePointClass : byte
    {
        Other,
        Letter,
        Number,
        White,
    }

    /// <summary>The pattern's name in settings.</summary>
    public string Name { get; }

    /// <summary>The pattern as a regular expression over code points (JavaScript's <c>u</c> flag, Rust, Oniguruma).</summary>
    public string Regex { get; }

    /// <summary>
    /// Where the word that starts at <paramref name="start"/> ends. Words cover the text without gaps; a lone
    /// surrogate counts as U+FFFD, which is neither letter, number nor white space.
    /// </summary>
    /// <param name="text">The whole text: a word's end may depend on the character after it.</param>
    /// <param name="start">Index of the word's first UTF-16 unit; below the text's length.</param>
    public int WordEnd(ReadOnlySpan<char> text, int start)
    {
        char first = text[start];
        if (first == '\'' && _contractions && ContractionEnd(text, start) is int contraction and > 0) return contraction;
        int next = first == ' ' ? start + 1 : start;
        if (next < text.Length)
        {
            CodePointClass kind = ClassAt(text, next, out int length);
            if (kind == CodePointClass.Letter) return LettersEnd(text, next + length);
            if (kind != CodePointClass.White) return RunEnd(text, next + length, kind);
        }
        int end = RunEnd(text, start, CodePointClass.White);
        // The last space of several belongs to the word after it.
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private int LettersEnd(ReadOnlySpan<char> text, int position)
    {
        while (true)
        {
            position = RunEnd(text, position, CodePointClass.Letter);
            if (!_apostrophesInWords || position + 1 >= text.Length || text[position] is not ('\'' or '\u2019')
                || ClassAt(text, position + 1, out int length) != CodePointClass.Letter) return position;
            position += 1 + length;
        }
    }

    private int RunEnd(ReadOnlySpan<char> text, int position, CodePointClass kind)
    {
        CodePointClass[] table = _basicPlane;
        while (position < text.Length)
        {
            char c = text[position];
            if (!char.IsSurrogate(c))
            {
                if (table[c] != kind) break;
                position++;
                continue;
            }
            if (ClassAt(text, position, out int length) != kind) break;
            position += length;
        }
        return position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CodePointClass ClassAt(ReadOnlySpan<char> text, int position, out int length)
    {
        length = 1;
        char c = text[position];
        if (!char.IsSurrogate(c)) return _basicPlane[c];
        if (Rune.DecodeFromUtf16(text[position..], out Rune rune, out length) != System.Buffers.OperationStatus.Done)
        {
            length = 1;
            return _basicPlane[c];
        }
        return _classify(rune.Value);
    }

    private static int ContractionEnd(ReadOnlySpan<char> text, int start)
    {
        if (start + 1 >= text.Length) return 0;
        char one = text[start + 1];
        if (one is 's' or 't' or 'm' or 'd') return start + 2;
        if (start + 2 >= text.Length) return 0;
        char two = text[start + 2];
        return (one, two) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? start + 3 : 0;
    }

    private static CodePointClass Gpt2Class(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CodePointClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CodePointClass.Number,
        _ => IsWhite(codePoint) ? CodePointClass.White : CodePointClass.Other,
    };

    private static CodePointClass WordsClass(int codePoint) =>
        codePoint is 0x200C or 0x200D || IsMark(codePoint) ? CodePointClass.Letter : Gpt2Class(codePoint);

    private static CodePointClass PhrasesClass(int codePoint) =>
        codePoint == '<' ? CodePointClass.Other : IsWhite(codePoint) ? CodePointClass.White : CodePointClass.Letter;

    // Not CodePoints.IsMark, which knows the marks of the older Unicode that Hugging Face's normalizers have.
    private static bool IsMark(int codePoint) =>
        CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool IsWhite(int codePoint) => codePoint is (>= '\t' and <= '\r') or 0x85
        || CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
