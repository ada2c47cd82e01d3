using System.Text;
using Glossa.Data.Corpora;

namespace Glossa.KillTest;

/// <summary>A run of all stages that takes seconds: four languages of the embedded corpus, one layer.</summary>
internal static class FourLanguageRun
{
    private static readonly HashSet<string> Languages = ["de", "hi", "ru", "sw"];

    /// <summary>Writes the corpus and the configuration into a folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="tokens">Training budget over both phases.</param>
    /// <returns>Path of the configuration.</returns>
    public static string Write(string folder, int tokens = 450_000)
    {
        StringBuilder csv = new("language,split,text\n");
        foreach (CorpusText row in CorpusReader.Read(EmbeddedCorpora.UdhrPath).Where(row => Languages.Contains(row.Language)))
            csv.Append(row.Language).Append(',').Append(row.Split.ToString().ToLowerInvariant()).Append(",\"").Append(row.Text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append("\"\n");
        string corpus = Path.Combine(folder, "corpus.csv");
        File.WriteAllText(corpus, csv.ToString());
        // The hash of a file this fresh would not be remembered yet.
        File.SetLastWriteTimeUtc(corpus, DateTime.UtcNow.AddHours(-1));
        string config = Path.Combine(folder, "config.yaml");
        File.WriteAllText(config,
            $$"""
            seed: 7
            corpus: {path: corpus.csv}
            tokenizer: {vocabulary: 300}
            languages: {method: diverse, count: 2}
            model: {preset: nanochat, layers: 1, width: 32, context: 64}
            curriculum:
              phases:
                - {name: diverse, languages: chosen, tokens: {{tokens / 3}}, schedule: constant}
                - {name: all, languages: all, tokens: {{tokens - (tokens / 3)}}, optimizerState: reset}
            batch: {tokensPerStep: 256, microBatchTokens: 128}
            optimizer: {ema: 0.9}
            engine: {threads: 2}
            export: {precisions: [fp32, int8], gates: {int8: 0.5} }
            evaluation: {baseline: false}
            """);
        return config;
    }
}
