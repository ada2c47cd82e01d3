using System.Runtime.CompilerServices;
using System.Text;

namespace Glossa.Pipeline.Report.Card;

/// <summary>
/// Writes Markdown from interpolated strings: the literal parts are markup, every value in braces is data and is
/// escaped, so that it stays text in a paragraph and in a table's cell.
/// </summary>
internal sealed class Markdown
{
    private const string Special = "\\`*_[]<>|&~$#";

    private readonly StringBuilder _text = new();

    /// <summary>Appends a line.</summary>
    public Markdown Line([InterpolatedStringHandlerArgument("")] Handler markup)
    {
        _ = markup;
        _text.Append('\n');
        return this;
    }

    /// <summary>Appends an empty line.</summary>
    public Markdown Line()
    {
        _text.Append('\n');
        return this;
    }

    /// <summary>Appends a block of code; <paramref name="code"/> is a constant of ours, never data.</summary>
    public Markdown Code(string language, string code)
    {
        _text.Append("```").Append(language).Append('\n').Append(code.ReplaceLineEndings("\n")).Append("\n```\n");
        return this;
    }

    /// <summary>Appends a list of strings to a YAML front matter.</summary>
    public void FrontMatterList(string key, IEnumerable<string> values)
    {
        _text.Append(key).Append(": [").AppendJoin(", ", values.Select(QuoteYaml)).Append("]\n");
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary><paramref name="data"/> as a double-quoted YAML scalar.</summary>
    private static string QuoteYaml(string data)
    {
        StringBuilder quoted = new("\"");
        foreach (Rune rune in data.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') quoted.Append('\\');
            quoted.Append(TextRules.Printable(rune).ToString());
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>Receives the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler
    {
        private readonly StringBuilder _text;

        /// <summary>Starts appending to <paramref name="owner"/>.</summary>
        public Handler(int literalLength, int formattedCount, Markdown owner)
        {
            _text = owner._text;
            _text.EnsureCapacity(_text.Length + literalLength + formattedCount * 8);
        }

        /// <summary>Appends markup.</summary>
        public void AppendLiteral(string markup) => _text.Append(markup);

        /// <summary>Appends text, escaped.</summary>
        public void AppendFormatted(string? data)
        {
            foreach (Rune rune in (data ?? "").EnumerateRunes())
            {
                Rune printable = TextRules.Printable(rune);
                if (printable.IsAscii && Special.Contains((char)printable.Value, StringComparison.Ordinal)) _text.Append('\\');
                _text.Append(printable.ToString());
            }
        }
    }
}
