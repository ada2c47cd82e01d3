// Writes the Unicode tables that Glossa.Data embeds, from the files of the Unicode Character Database:
//   dotnet run tools/unicode-tables.cs -- nfkd NormalizationTest.txt > data/Glossa.Data/Corpora/Normalization/nfkd.txt
//   dotnet run tools/unicode-tables.cs -- scripts Scripts.txt > data/Glossa.Data/Tokenizers/HuggingFace/scripts.txt
#:property RestorePackagesWithLockFile=false
using System.Globalization;
using System.Text.RegularExpressions;

if (args is not [("nfkd" or "scripts"), string path])
{
    Console.Error.WriteLine("usage: unicode-tables nfkd NormalizationTest.txt | unicode-tables scripts Scripts.txt");
    return 2;
}
string[] lines = File.ReadAllLines(path);
string version = Regex.Match(lines[0], @"\d+\.\d+\.\d+").Value;
foreach (string line in args[0] == "nfkd" ? Compatibility(lines, version) : Scripts(lines, version)) Console.Out.Write(line + "\n");
return 0;

static IEnumerable<string> Compatibility(string[] lines, string version)
{
    yield return $"# Unicode {version}: the full compatibility decompositions (form KD) that differ from the canonical ones, derived from NormalizationTest.txt.";
    yield return "# Copyright 1991-2025 Unicode, Inc. Licence: Unicode-3.0, see corpora/README.md.";
    yield return "# A character and what it decomposes to (hexadecimal); of a range, the targets follow one another as well.";
    SortedDictionary<int, string> targets = [];
    foreach (string[] columns in lines.Where(line => line.Length > 0 && line[0] is not ('#' or '@')).Select(line => line.Split(';')))
        if (!columns[0].Contains(' ', StringComparison.Ordinal) && columns[4] != columns[2]) targets.Add(Hexadecimal(columns[0]), columns[4]);
    int[] characters = [.. targets.Keys];
    for (int i = 0; i < characters.Length;)
    {
        string target = targets[characters[i]];
        int j = i;
        while (j + 1 < characters.Length && characters[j + 1] == characters[j] + 1 && !target.Contains(' ', StringComparison.Ordinal)
            && targets[characters[j + 1]] == $"{Hexadecimal(target) + (j + 1 - i):X4}") j++;
        yield return j > i ? $"{characters[i]:X4}-{characters[j]:X4} {target}" : $"{characters[i]:X4} {target}";
        i = j + 1;
    }
}

static IEnumerable<string> Scripts(string[] lines, string version)
{
    yield return $"# Unicode {version}: the Script property, derived from Scripts.txt.";
    yield return "# Copyright 1991-2025 Unicode, Inc. Licence: Unicode-3.0, see corpora/README.md.";
    yield return "# A script and its characters (hexadecimal, ranges inclusive).";
    SortedDictionary<string, List<(int Start, int End)>> scripts = new(StringComparer.Ordinal);
    foreach (string line in lines.Select(line => line.Split('#')[0]).Where(line => line.Contains(';', StringComparison.Ordinal)))
    {
        string[] parts = line.Split(';', StringSplitOptions.TrimEntries), ends = parts[0].Split("..");
        if (!scripts.TryGetValue(parts[1], out List<(int, int)>? ranges)) scripts.Add(parts[1], ranges = []);
        ranges.Add((Hexadecimal(ends[0]), Hexadecimal(ends[^1])));
    }
    foreach ((string script, List<(int Start, int End)> ranges) in scripts)
    {
        ranges.Sort();
        List<(int Start, int End)> joined = [];
        foreach ((int start, int end) in ranges)
            if (joined.Count > 0 && joined[^1].End == start - 1) joined[^1] = (joined[^1].Start, end);
            else joined.Add((start, end));
        yield return $"{script} {string.Join(' ', joined.Select(range => range.Start == range.End ? $"{range.Start:X}" : $"{range.Start:X}-{range.End:X}"))}";
    }
}

static int Hexadecimal(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
