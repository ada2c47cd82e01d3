using System.Collections.Frozen;
using System.Globalization;

namespace Glossa.Data.Corpora.Normalization;

/// <summary>The compatibility decompositions of Unicode 17 that differ from the canonical ones, in full.</summary>
internal sealed class CompatibilityTable
{
    private static readonly Lazy<CompatibilityTable> Loaded = new(Load);

    private readonly FrozenDictionary<int, int[]> _decompositions;

    private CompatibilityTable(Dictionary<int, int[]> decompositions) => _decompositions = decompositions.ToFrozenDictionary();

    /// <summary>The one table of the process.</summary>
    public static CompatibilityTable Instance => Loaded.Value;

    /// <summary>The characters that have such a decomposition.</summary>
    public IEnumerable<int> Characters => _decompositions.Keys;

    /// <summary>The decomposition, or null where the canonical one holds.</summary>
    public int[]? Decomposition(int codePoint) => _decompositions.GetValueOrDefault(codePoint);

    private static CompatibilityTable Load()
    {
        using Stream stream = typeof(CompatibilityTable).Assembly.GetManifestResourceStream("Glossa.Data.nfkd.txt")!;
        using StreamReader reader = new(stream);
        Dictionary<int, int[]> decompositions = [];
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith('#')) continue;
            string[] parts = line.Split(' ');
            int[] target = [.. parts[1..].Select(Hexadecimal)];
            int[] range = [.. parts[0].Split('-').Select(Hexadecimal)];
            for (int c = range[0]; c <= range[^1]; c++)
                decompositions.Add(c, range.Length == 1 ? target : [target[0] + (c - range[0])]);
        }
        return new CompatibilityTable(decompositions);
    }

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
