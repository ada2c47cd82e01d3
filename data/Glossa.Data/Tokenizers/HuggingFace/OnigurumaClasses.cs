using System.Globalization;
using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>The escapes, properties and bracket classes of Oniguruma in .NET's writing, and a record of the characters and scripts that they name.</summary>
internal sealed class OnigurumaClasses
{
    private const string LineBreak = @"(?>\r\n|[\n-\r\u0085\u2028\u2029])";

    private readonly List<(int Start, int End)> _named = [];
    private readonly List<int> _scripts = [];

    /// <summary>Characters and ranges that were named.</summary>
    public IReadOnlyList<(int Start, int End)> Named => _named;

    /// <summary>Numbers of the scripts that were named.</summary>
    public IReadOnlyList<int> Scripts => _scripts;

    /// <summary>A literal character outside brackets.</summary>
    public string Literal(char c, bool ignoreCase)
    {
        if (char.IsSurrogate(c)) throw new FormatException("a regular expression that names characters beyond U+FFFF is not supported");
        _named.Add((c, c));
        // Case folding joins two more characters to these letters than .NET does.
        if (ignoreCase && c is 's' or 'S') return "[sS\u017F]";
        if (ignoreCase && c is 'k' or 'K') return "[kK\u212A]";
        return Quote(c);
    }

    /// <summary>What a backslash starts, outside brackets.</summary>
    public string Escape(string source, ref int at)
    {
        char c = Following(source, at);
        if (c is 'b' or 'B' or 'A' or 'z' or 'Z' or 'G')
        {
            at += 2;
            return "\\" + c;
        }
        if (c == 'R')
        {
            at += 2;
            return LineBreak;
        }
        (string set, bool negated, int single) = EscapedSet(source, ref at);
        return single >= 0 ? Quote((char)single) : $"[{(negated ? "^" : "")}{set}]";
    }

    /// <summary>A class in brackets, as an expression for one character.</summary>
    public string Bracket(string source, ref int at, bool ignoreCase)
    {
        bool negated = at + 1 < source.Length && source[at + 1] == '^';
        at += negated ? 2 : 1;
        List<string> operands = [];
        ClassMembers members = new();
        for (bool first = true; ; first = false)
        {
            if (at >= source.Length) throw new FormatException("a class [ is not closed");
            char c = source[at];
            if (c == ']' && !first) break;
            if (c == '&' && Following(source, at, '\0') == '&')
            {
                operands.Add(members.Expression());
                members = new ClassMembers();
                at += 2;
            }
            else if (c == '[') Nested(source, ref at, members, ignoreCase);
            else Member(source, ref at, members, ignoreCase);
        }
        at++;
        if (operands.Count == 0) return members.Expression(negated);
        // All but the last operand look at the character that the last one takes.
        string all = $"(?:{string.Concat(operands.Select(operand => $"(?={operand})"))}{members.Expression()})";
        return negated ? ClassMembers.Not(all) : all;
    }

    private void Nested(string source, ref int at, ClassMembers members, bool ignoreCase)
    {
        if (Following(source, at, '\0') != ':')
        {
            members.AddClass(Bracket(source, ref at, ignoreCase));
            return;
        }
        int end = source.IndexOf(":]", at, StringComparison.Ordinal);
        if (end < 0) throw new FormatException("a class [: is not closed");
        string name = source[(at + 2)..end];
        at = end + 2;
        string set = OnigurumaProperties.Posix(name.TrimStart('^')) ?? Property(name.TrimStart('^'));
        members.AddClass($"[{(name.StartsWith('^') ? "^" : "")}{set}]");
    }

    /// <summary>A character, a range or a named set inside brackets.</summary>
    private void Member(string source, ref int at, ClassMembers members, bool ignoreCase)
    {
        int low = Single(source, ref at, out string named);
        if (low < 0)
        {
            members.AddClass(named);
            return;
        }
        int high = low;
        if (at + 1 < source.Length && source[at] == '-' && source[at + 1] is not (']' or '['))
        {
            at++;
            high = Single(source, ref at, out named);
            if (high < 0)
            {
                // "a-\d" is three members.
                members.Add(Quote((char)low) + "\\-");
                members.AddClass(named);
                return;
            }
        }
        _named.Add((low, high));
        members.Add(Quote((char)low));
        if (high > low) members.Add("-" + Quote((char)high));
        if (ignoreCase && ((low <= 's' && 's' <= high) || (low <= 'S' && 'S' <= high))) members.Add("\u017F");
        if (ignoreCase && ((low <= 'k' && 'k' <= high) || (low <= 'K' && 'K' <= high))) members.Add("\u212A");
    }

    private int Single(string source, ref int at, out string named)
    {
        named = "";
        char c = source[at];
        if (c != '\\')
        {
            if (char.IsSurrogate(c)) throw new FormatException("a regular expression that names characters beyond U+FFFF is not supported");
            at++;
            return c;
        }
        if (Following(source, at) == 'b')
        {
            at += 2;
            return '\b';
        }
        (string set, bool negated, int single) = EscapedSet(source, ref at);
        if (single < 0) named = $"[{(negated ? "^" : "")}{set}]";
        return single;
    }

    /// <summary>A set named by an escape, or a single character.</summary>
    private (string Set, bool Negated, int Single) EscapedSet(string source, ref int at)
    {
        char c = Following(source, at);
        at += 2;
        switch (c)
        {
            case 'w' or 'W': return (OnigurumaProperties.Word, c == 'W', -1);
            case 'd' or 'D': return (@"\d", c == 'D', -1);
            case 's' or 'S': return (@"\s", c == 'S', -1);
            case 'h' or 'H': return ("0-9A-Fa-f", c == 'H', -1);
            case 'p' or 'P':
                string name = Braced(source, ref at);
                bool caret = name.StartsWith('^');
                return (Property(name.TrimStart('^')), (c == 'P') != caret, -1);
            case 'n': return ("", false, '\n');
            case 'r': return ("", false, '\r');
            case 't': return ("", false, '\t');
            case 'f': return ("", false, '\f');
            case 'v': return ("", false, '\v');
            case 'a': return ("", false, '\a');
            case 'e': return ("", false, '\u001B');
            case 'x': return ("", false, Code(source.AsSpan(at).StartsWith("{") ? Braced(source, ref at) : Digits(source, ref at, 2)));
            case 'u': return ("", false, Code(Digits(source, ref at, 4)));
            case '0': return ("", false, '\0');
        }
        if (char.IsAsciiLetterOrDigit(c)) throw new FormatException($"the escape \\{c} is not supported");
        _named.Add((c, c));
        return ("", false, c);
    }

    private int Code(string hexadecimal)
    {
        if (!int.TryParse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)) throw new FormatException($"\\x{hexadecimal} is no character");
        if (code is > char.MaxValue or (>= 0xD800 and <= 0xDFFF)) throw new FormatException("a regular expression that names characters beyond U+FFFF is not supported");
        _named.Add((code, code));
        return code;
    }

    private string Property(string name)
    {
        string plain = name.Replace(' ', '_');
        if (OnigurumaProperties.Named(plain) is { } set) return set;
        if (plain.Length <= 2 && plain.Length > 0 && "LMNPSZC".Contains(char.ToUpperInvariant(plain[0]), StringComparison.Ordinal))
            return $"\\p{{{char.ToUpperInvariant(plain[0])}{plain[1..].ToLowerInvariant()}}}";
        int script = Array.FindIndex(ScriptTable.Instance.Names, known => known.Equals(plain, StringComparison.OrdinalIgnoreCase));
        if (script < 0) throw new FormatException($"the property \\p{{{name}}} is not supported");
        _scripts.Add(script);
        StringBuilder ranges = new();
        foreach ((int start, int end) in ScriptTable.Instance.RangesOf(script).Where(range => range.Start <= char.MaxValue))
            ranges.Append(Quote((char)start)).Append('-').Append(Quote((char)Math.Min(end, char.MaxValue)));
        return ranges.ToString();
    }

    private static string Quote(char c) => char.IsAsciiLetterOrDigit(c) ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");

    private static char Following(string source, int at) =>
        at + 1 < source.Length ? source[at + 1] : throw new FormatException("a regular expression ends in the middle of an escape");

    private static char Following(string source, int at, char otherwise) => at + 1 < source.Length ? source[at + 1] : otherwise;

    private static string Braced(string source, ref int at)
    {
        int end = source.IndexOf('}', at);
        if (at >= source.Length || source[at] != '{' || end < 0) throw new FormatException("an escape needs a name in braces");
        string name = source[(at + 1)..end];
        at = end + 1;
        return name;
    }

    private static string Digits(string source, ref int at, int most)
    {
        int end = at;
        while (end < source.Length && end - at < most && char.IsAsciiHexDigit(source[end])) end++;
        string digits = source[at..end];
        at = end;
        return digits;
    }
}
