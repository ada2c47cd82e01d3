using System.Globalization;
using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>
/// Translates a regular expression of Oniguruma (Ruby syntax, UTF-8), which tokenizer.json files hold, into one of .NET
/// with the same matches. What has no equal is named in a <see cref="FormatException"/>.
/// </summary>
internal sealed class OnigurumaPattern
{
    private readonly string _source;
    private readonly StringBuilder _output = new();
    private readonly Stack<(int Start, bool IgnoreCase)> _groups = new();
    private readonly OnigurumaClasses _classes = new();
    private int _at;
    private int _atom;
    private bool _ignoreCase;

    private OnigurumaPattern(string source) => _source = source;

    /// <summary>Translates an expression.</summary>
    /// <exception cref="FormatException">A construct is not supported, or the expression is broken.</exception>
    public static TextPattern Translate(string regex)
    {
        if (regex == WordPattern.Gpt2.Regex) return new KnownWordPattern(WordPattern.Gpt2);
        if (regex == WordPattern.Words.Regex) return new KnownWordPattern(WordPattern.Words);
        OnigurumaPattern pattern = new(regex);
        pattern.Run();
        try
        {
            return new RegexPattern(pattern._output.ToString(), new AstralProxies(pattern._classes.Named, pattern._classes.Scripts));
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"the regular expression {regex} is broken", e);
        }
    }

    private void Run()
    {
        while (_at < _source.Length)
        {
            char c = _source[_at];
            switch (c)
            {
                case '\\': Atom(_classes.Escape(_source, ref _at)); break;
                case '[': Atom(_classes.Bracket(_source, ref _at, _ignoreCase)); break;
                case '(': OpenGroup(); break;
                case ')': CloseGroup(); break;
                case '|': Bare("|"); break;
                case '^': Atom("(?m:^)", 1); break;
                case '$': Atom(@"(?=\n|\z)", 1); break;
                case '.': Atom(".", 1); break;
                case '*' or '+' or '?': Quantify(c.ToString(), 1, canBePossessive: true); break;
                case '{' when TryRange(out string? range, out int length): Quantify(range, length, canBePossessive: false); break;
                default: Atom(_classes.Literal(c, _ignoreCase), 1); break;
            }
        }
        if (_groups.Count > 0) throw new FormatException("a group is not closed");
    }

    private void Atom(string text, int consumed = 0)
    {
        _atom = _output.Length;
        _output.Append(text);
        _at += consumed;
    }

    private void Bare(string text)
    {
        _output.Append(text);
        _atom = _output.Length;
        _at++;
    }

    private void OpenGroup()
    {
        _groups.Push((_output.Length, _ignoreCase));
        foreach (string kind in (string[])["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"])
        {
            if (string.CompareOrdinal(_source, _at, kind, 0, kind.Length) != 0) continue;
            _output.Append(kind);
            _at += kind.Length;
            _atom = _output.Length;
            return;
        }
        if (_at + 1 < _source.Length && _source[_at + 1] == '?') OpenOptions();
        else Bare("(?:");
    }

    /// <summary>(?i:...), (?-i:...) and the same without a colon, which reach to the end of the group around them.</summary>
    private void OpenOptions()
    {
        int end = _source.AsSpan(_at).IndexOfAny(':', ')');
        string options = end < 0 ? _source[_at..] : _source[(_at + 2)..(_at + end)];
        bool on = options is "i", off = options is "-i" or "";
        if (end < 0 || (!on && !off)) throw new FormatException($"the group (?{options} is not supported");
        bool untilEndOfGroup = _source[_at + end] == ')';
        _at += end + 1;
        if (options.Length > 0) _ignoreCase = on;
        if (untilEndOfGroup) _groups.Pop();
        _output.Append(options.Length == 0 ? "(?:" : untilEndOfGroup ? $"(?{options})" : $"(?{options}:");
        _atom = _output.Length;
    }

    private void CloseGroup()
    {
        if (!_groups.TryPop(out (int Start, bool IgnoreCase) group)) throw new FormatException("a group is closed that was not opened");
        _ignoreCase = group.IgnoreCase;
        _output.Append(')');
        _atom = group.Start;
        _at++;
    }

    private void Quantify(string quantifier, int length, bool canBePossessive)
    {
        if (_atom >= _output.Length) throw new FormatException($"the quantifier {quantifier} has nothing before it");
        _at += length;
        char next = _at < _source.Length ? _source[_at] : '\0';
        bool exact = !canBePossessive && !quantifier.Contains(',', StringComparison.Ordinal);
        if (next == '?' && !exact)
        {
            _output.Append(quantifier).Append('?');
            _at++;
        }
        else if (next == '+' && canBePossessive)
        {
            _output.Insert(_atom, "(?>").Append(quantifier).Append(')');
            _at++;
        }
        else
        {
            // In a group of its own: a second quantifier repeats the whole.
            _output.Insert(_atom, "(?:").Append(quantifier).Append(')');
        }
    }

    private bool TryRange([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? range, out int length)
    {
        (range, length) = (null, 0);
        int end = _source.IndexOf('}', _at);
        if (end < 0) return false;
        string[] bounds = _source[(_at + 1)..end].Split(',');
        bool numbers = bounds.All(bound => bound.All(char.IsAsciiDigit)) && bounds.Any(bound => bound.Length > 0);
        if (bounds.Length > 2 || !numbers || (bounds.Length == 1 && bounds[0].Length == 0)) return false;
        range = bounds.Length == 1 ? $"{{{bounds[0]}}}" : $"{{{(bounds[0].Length == 0 ? "0" : bounds[0])},{bounds[1]}}}";
        length = end + 1 - _at;
        return true;
    }
}
