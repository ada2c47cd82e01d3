using System.Globalization;
using System.Text;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Parity;

namespace Glossa.Benchmarks;

/// <summary>What languages pay beside English on the declaration's held-out articles, by the weights of languages in training.</summary>
internal static class TokenizerPremium
{
    private static readonly (string Name, double Exponent, double Parity)[] Ways =
        [("by size (exponent 1)", 1, 0), ("exponent 0.3", 0.3, 0), ("alike (exponent 0)", 0, 0), ("exponent 0.3, parity 0.5", 0.3, 0.5), ("exponent 0.3, parity 1", 0.3, 1)];

    public static Benchmark Benchmark { get; } = new("tokenizer-premium",
        "the tokenization premium by weighting: [corpus=FILE, udhr without] [vocabulary=2048] [zipf=1: languages of unequal size] threads csv=FILE docs=docs/tokenizers.md", Run);

    private static void Run(BenchmarkArguments arguments, Findings _)
    {
        string corpus = arguments.Text("corpus") ?? EmbeddedCorpora.UdhrPath;
        List<(string Language, string Text)> texts = [.. TokenizerTraining.Rows(corpus, CorpusSplit.Train)];
        bool unequal = arguments.Number("zipf", 0) == 1;
        if (unequal) texts = Unequal(texts);
        HashSet<string> languages = [.. texts.Select(text => text.Language), PremiumReport.Reference];
        List<ParallelText> heldOut = [.. ParallelText.Udhr(split => split == CorpusSplit.Test).Where(text => languages.Contains(text.Language))];
        StringBuilder table = new("| weights | mean premium | worst decile | dearest | English tokens | all tokens | worst decile over English by size |\n|---|---|---|---|---|---|---|\n");
        List<PremiumReport> reports = [];
        BpeTrainerOptions options = new() { VocabularySize = arguments.Number("vocabulary", 2048), Threads = arguments.Number("threads", 0) };
        // The exponent is the same for all ways with parity, so their factors are found once.
        Lazy<IReadOnlyDictionary<string, double>> factors = new(() => ParityWeights.Find(texts, options with { SamplingExponent = 0.3 }, ParallelText.Udhr(split => split != CorpusSplit.Test)));
        long first = 0;
        foreach ((string name, double exponent, double parity) in Ways)
        {
            BpeTrainerOptions way = options with { SamplingExponent = exponent, LanguageFactors = parity == 0 ? options.LanguageFactors : ParityWeights.Soften(factors.Value, parity) };
            PremiumReport report = PremiumReport.Measure(new ByteLevelBpeTokenizer(BpeTrainer.Train(texts, way)), heldOut);
            reports.Add(report);
            LanguagePremium english = report.Languages.Single(language => language.Language == PremiumReport.Reference), dearest = report.Languages[0];
            if (first == 0) first = english.Tokens;
            string row = string.Create(CultureInfo.InvariantCulture, $"| {name} | {report.Mean:F3} | {report.WorstDecile:F3} | {dearest.Language} {dearest.Premium:F2} | {english.Tokens} | {report.Languages.Sum(l => l.Tokens)} | {report.WorstDecile * english.Tokens / first:F3} |");
            Console.WriteLine(row);
            table.Append(row).Append('\n');
        }
        if (arguments.Text("docs") is { } docs) DocumentTable.Replace(docs, $"tokenizer-premium {languages.Count}{(unequal ? " unequal" : "")}", table.ToString());
        if (arguments.Text("csv") is { } csv) AtomicFile.WriteText(csv, ByLanguage(reports));
    }

    /// <summary>As corpora of the world are: the second language has half the texts of the first, the third a third. Which comes when is drawn, English first.</summary>
    private static List<(string Language, string Text)> Unequal(List<(string Language, string Text)> texts)
    {
        string[] order = [.. texts.Select(text => text.Language).Distinct().Order(StringComparer.Ordinal)];
        new SeededRandom(1).Shuffle<string>(order);
        order = [PremiumReport.Reference, .. order.Where(language => language != PremiumReport.Reference)];
        Dictionary<string, int> ranks = order.Select((language, rank) => (language, rank)).ToDictionary(pair => pair.language, pair => pair.rank, StringComparer.Ordinal);
        return [.. texts.GroupBy(text => text.Language).SelectMany(group => group.Take(Math.Max(1, group.Count() / (ranks[group.Key] + 1))))];
    }

    private static string ByLanguage(List<PremiumReport> reports)
    {
        List<string> lines = ["language," + string.Join(',', Ways.Select(way => '"' + way.Name + '"'))];
        foreach (string language in reports[0].Languages.Select(l => l.Language).Order(StringComparer.Ordinal))
            lines.Add(language + ',' + string.Join(',', reports.Select(r => r.Languages.Single(l => l.Language == language).Premium.ToString("F3", CultureInfo.InvariantCulture))));
        return string.Join('\n', lines) + '\n';
    }
}
