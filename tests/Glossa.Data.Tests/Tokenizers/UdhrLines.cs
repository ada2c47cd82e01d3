using System.IO.Compression;
using System.Text.RegularExpressions;
using Glossa.Data.Tests.Corpora;

namespace Glossa.Data.Tests.Tokenizers;

/// <summary>The embedded corpus, read without the product's reader, so that a fault there does not show here.</summary>
internal static partial class UdhrLines
{
    private static readonly Lazy<(string Language, string Split, string Text)[]> Lines = new(Read);

    public static IReadOnlyList<(string Language, string Split, string Text)> All => Lines.Value;

    public static IEnumerable<(string Language, string Text)> Of(string split) =>
        All.Where(line => line.Split == split).Select(line => (line.Language, line.Text));

    private static (string, string, string)[] Read()
    {
        string path = Path.Combine(TestFolders.Root, "data", "corpora", "udhr.csv.gz");
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string content = reader.ReadToEnd();
        return [.. Row().Matches(content[(content.IndexOf('\n', StringComparison.Ordinal) + 1)..]).Select(row =>
            (row.Groups[1].Value, row.Groups[2].Value, row.Groups[4].Success ? row.Groups[4].Value : row.Groups[3].Value.Replace("\"\"", "\"", StringComparison.Ordinal)))];
    }

    [GeneratedRegex("^([^,\n]+),([a-z]+),\\d+,\\d+,(?:\"((?:[^\"]|\"\")*)\"|([^\"\n\r]*))\r?$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
