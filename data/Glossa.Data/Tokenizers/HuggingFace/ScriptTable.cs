using System.Globalization;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>Unicode's Script property (Unicode 14): which script a character is written in; Common and Inherited are among them.</summary>
internal sealed class ScriptTable
{
    /// <summary>The number of characters without a script.</summary>
    public const int NoScript = -1;

    private static readonly Lazy<ScriptTable> Loaded = new(Load);

    private readonly int[] _starts;
    private readonly int[] _ends;
    private readonly int[] _scripts;

    private ScriptTable(string[] names, List<(int Start, int End, int Script)> ranges)
    {
        Names = names;
        ranges.Sort();
        _starts = [.. ranges.Select(range => range.Start)];
        _ends = [.. ranges.Select(range => range.End)];
        _scripts = [.. ranges.Select(range => range.Script)];
    }

    /// <summary>The one table of the process.</summary>
    public static ScriptTable Instance => Loaded.Value;

    /// <summary>The scripts' names, such as <c>Latin</c>; a script's number is its place.</summary>
    public string[] Names { get; }

    /// <summary>The number of a character's script, or <see cref="NoScript"/>.</summary>
    public int ScriptOf(int codePoint)
    {
        int at = Array.BinarySearch(_starts, codePoint);
        if (at < 0) at = ~at - 1;
        return at >= 0 && codePoint <= _ends[at] ? _scripts[at] : NoScript;
    }

    /// <summary>The number that Unicode 9 gives a character's script, or <see cref="NoScript"/>.</summary>
    public int ScriptOfUnicode9(int codePoint) => codePoint switch
    {
        0x589 or 0x61C => Array.IndexOf(Names, "Common"),
        0x953 or 0x954 => Array.IndexOf(Names, "Devanagari"),
        _ => OlderUnicode.HasNewScript(codePoint) ? NoScript : ScriptOf(codePoint),
    };

    /// <summary>The ranges of a script.</summary>
    public IEnumerable<(int Start, int End)> RangesOf(int script) =>
        Enumerable.Range(0, _starts.Length).Where(i => _scripts[i] == script).Select(i => (_starts[i], _ends[i]));

    private static ScriptTable Load()
    {
        using Stream stream = typeof(ScriptTable).Assembly.GetManifestResourceStream("Glossa.Data.scripts.txt")!;
        using StreamReader reader = new(stream);
        List<string> names = [];
        List<(int Start, int End, int Script)> ranges = [];
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith('#')) continue;
            string[] parts = line.Split(' ');
            foreach (string range in parts[1..])
            {
                string[] ends = range.Split('-');
                ranges.Add((Hexadecimal(ends[0]), Hexadecimal(ends[^1]), names.Count));
            }
            names.Add(parts[0]);
        }
        return new ScriptTable([.. names], ranges);
    }

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
