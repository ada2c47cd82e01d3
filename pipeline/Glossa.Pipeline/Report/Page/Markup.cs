using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Glossa.Pipeline.Report.Page;

/// <summary>
/// Writes HTML and SVG from interpolated strings: the literal parts are markup, every value in braces is data and is
/// escaped. There is no way to append a plain string, so data cannot become markup by mistake. Numbers are invariant.
/// </summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();

    /// <summary>Appends markup with escaped data.</summary>
    public Markup Add([InterpolatedStringHandlerArgument("")] Handler markup)
    {
        _ = markup;
        return this;
    }

    /// <summary>Appends markup with escaped data and ends the line.</summary>
    public Markup Line([InterpolatedStringHandlerArgument("")] Handler markup)
    {
        _ = markup;
        _text.Append('\n');
        return this;
    }

    /// <summary>Appends a constant that is markup by itself: a style sheet or a script.</summary>
    public void AddAsset(Asset asset) => _text.Append(asset.Content);

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>
    /// Appends <paramref name="data"/> so that it stays text in an element and in a quoted attribute. Characters that
    /// documents may not hold, and those that turn the direction of the text around them, become U+FFFD.
    /// </summary>
    internal static void Escape(StringBuilder target, ReadOnlySpan<char> data)
    {
        foreach (Rune rune in data.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': target.Append("&lt;"); break;
                case '>': target.Append("&gt;"); break;
                case '&': target.Append("&amp;"); break;
                case '"': target.Append("&quot;"); break;
                case '\'': target.Append("&#39;"); break;
                default: target.Append(TextRules.Printable(rune).ToString()); break;
            }
        }
    }

    /// <summary>Receives the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler
    {
        private readonly StringBuilder _text;

        /// <summary>Starts appending to <paramref name="owner"/>.</summary>
        public Handler(int literalLength, int formattedCount, Markup owner)
        {
            _text = owner._text;
            _text.EnsureCapacity(_text.Length + literalLength + formattedCount * 8);
        }

        /// <summary>Appends markup.</summary>
        public void AppendLiteral(string markup) => _text.Append(markup);

        /// <summary>Appends text, escaped.</summary>
        public void AppendFormatted(string? data) => Escape(_text, data);

        /// <summary>Appends a whole number.</summary>
        public void AppendFormatted(long number) => _text.Append(CultureInfo.InvariantCulture, $"{number}");

        /// <summary>Appends a coordinate, to a hundredth of a pixel.</summary>
        public void AppendFormatted(double coordinate) => AppendFormatted(coordinate, "0.##");

        /// <summary>Appends a number in a format of one's own.</summary>
        public void AppendFormatted(double number, string format)
        {
            string text = number.ToString(format, CultureInfo.InvariantCulture);
            _text.Append(text == "-0" ? "0" : text);
        }
    }
}

/// <summary>A constant piece of a page that is written as it stands.</summary>
internal sealed record Asset(string Content);
