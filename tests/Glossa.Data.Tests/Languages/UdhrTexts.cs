using System.IO.Compression;
using CsvHelper;

namespace Glossa.Data.Tests.Languages;

/// <summary>The shipped UDHR corpus, read without the corpus code so that these tests stand alone.</summary>
internal static class UdhrTexts
{
    private static readonly Lazy<SortedDictionary<string, UdhrLanguage>> Loaded = new(Load);

    /// <summary>Every language by tag, in ordinal order.</summary>
    public static SortedDictionary<string, UdhrLanguage> All => Loaded.Value;

    /// <summary>Path of a file of the shipped corpora beside the test assembly.</summary>
    public static string ShippedPath(string file) => Path.Combine(AppContext.BaseDirectory, "corpora", file);

    private static SortedDictionary<string, UdhrLanguage> Load()
    {
        SortedDictionary<string, UdhrLanguage> languages = new(StringComparer.Ordinal);
        using GZipStream gzip = new(File.OpenRead(ShippedPath("udhr.csv.gz")), CompressionMode.Decompress);
        using CsvReader csv = CsvReader.Create(gzip, new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        while (csv.Read())
        {
            string tag = csv.GetString("language");
            if (!languages.TryGetValue(tag, out UdhrLanguage? language)) languages[tag] = language = new UdhrLanguage([], []);
            string text = csv.GetString("text");
            if (csv.GetString("split") == "train") language.Train.Add(text);
            else if (csv.GetString("split") == "test") language.Test.Add(text);
        }
        return languages;
    }
}

/// <summary>One language's training and test texts.</summary>
internal sealed record UdhrLanguage(List<string> Train, List<string> Test);
