using System.Globalization;
using System.Text;

namespace Glossa.Benchmarks;

/// <summary>What a benchmark found: printed as it comes, and kept as Markdown for the page of figures.</summary>
internal sealed class Findings
{
    private readonly StringBuilder _markdown = new();
    private readonly Dictionary<string, string> _pictures = [];

    public string Markdown => _markdown.ToString().Trim();

    /// <summary>SVG files by name.</summary>
    public IReadOnlyDictionary<string, string> Pictures => _pictures;

    public void Line(FormattableString text) => Line(FormattableString.Invariant(text));

    public void Line(string text)
    {
        Console.WriteLine(text);
        _markdown.AppendLine(text).AppendLine();
    }

    public void Table(IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        StringBuilder table = new();
        Row(header);
        Row([.. header.Select((_, i) => i == 0 ? "---" : "---:")]);
        foreach (IReadOnlyList<string> row in rows) Row(row);
        Console.WriteLine(table);
        _markdown.Append(table).AppendLine();

        void Row(IReadOnlyList<string> cells) => table.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
    }

    public void Picture(string name, string title, string svg)
    {
        _pictures[name] = svg;
        _markdown.AppendLine(CultureInfo.InvariantCulture, $"![{title}]({PerformancePage.PictureFolder}/{name})").AppendLine();
    }
}
