using Glossa.Data.Corpora;

namespace Glossa.Data.Tests.Languages;

/// <summary>The embedded corpus in memory, read once for all tests.</summary>
internal static class Udhr
{
    private static readonly Lazy<SortedDictionary<string, List<CorpusText>>> Rows = new(Read);

    /// <summary>The languages in ordinal order.</summary>
    public static IReadOnlyList<string> Languages { get; } = [.. Rows.Value.Keys];

    /// <summary>The texts of a language's split.</summary>
    public static List<string> Texts(string language, CorpusSplit split) =>
        [.. Rows.Value[language].Where(row => row.Split == split).Select(row => row.Text)];

    private static SortedDictionary<string, List<CorpusText>> Read()
    {
        SortedDictionary<string, List<CorpusText>> rows = new(StringComparer.Ordinal);
        foreach (CorpusText row in CorpusReader.Read(EmbeddedCorpora.UdhrPath))
        {
            if (!rows.TryGetValue(row.Language, out List<CorpusText>? list)) rows.Add(row.Language, list = []);
            list.Add(row);
        }
        return rows;
    }
}
