using System.Diagnostics;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokenizers.Parity;
using Glossa.Data.Tokenizers.Unigram;
using Glossa.Data.Tokenizers.WordPiece;

namespace Glossa.Benchmarks;

/// <summary>Trains tokenizers and measures time and compression.</summary>
internal static class TokenizerTraining
{
    public static Benchmark Benchmark { get; } = new("tokenizer-training",
        "trains tokenizers and measures them: corpus=FILE kind=bpe|unigram|wordpiece vocabulary every threads out", Run);

    private static void Run(BenchmarkArguments arguments)
    {
        string corpus = arguments.Text("corpus") ?? throw new InputException("no corpus is named", fix: "give corpus=FILE");
        int every = arguments.Number("every", 1), threads = arguments.Number("threads", 1), vocabulary = arguments.Number("vocabulary", 8000);
        string folder = arguments.Text("out") ?? Path.Combine(Path.GetTempPath(), "glossa-tokenizer");
        List<(string, string)> train = corpus == "udhr" ? [] : [.. Rows(corpus, CorpusSplit.Train).Where((_, i) => i % every == 0)];
        if (arguments.Text("kind") == "premium")
        {
            corpus = corpus == "udhr" ? EmbeddedCorpora.UdhrPath : corpus;
            train = [.. Rows(corpus, CorpusSplit.Train)];
            var langs = train.Select(t => t.Item1).ToHashSet();
            List<ParallelText> held = [.. ParallelText.Udhr(s => s == CorpusSplit.Test).Where(t => langs.Contains(t.Language) || t.Language == "en")];
            foreach ((string name, double exponent, bool parity) in new[] { ("by size", 1.0, false), ("0.3", 0.3, false), ("0", 0, false), ("0.3 parity", 0.3, true), ("0 parity", 0, true) })
            {
                BpeTrainerOptions o = new() { VocabularySize = vocabulary, SamplingExponent = exponent, Threads = threads };
                if (parity) o = o with { LanguageFactors = ParityWeights.Find(train, o, ParallelText.Udhr(s => s != CorpusSplit.Test)) };
                ByteLevelBpeTokenizer t = new(BpeTrainer.Train(train, o));
                PremiumReport p = PremiumReport.Measure(t, held);
                TokenizerReport r = TokenizerReport.Measure(t, Rows(corpus, CorpusSplit.Test));
                Console.WriteLine($"{name}: languages {p.Languages.Count} premium mean {p.Mean:F3} worst decile {p.WorstDecile:F3} dearest {string.Join(" ", p.Languages.Take(5).Select(l => $"{l.Language} {l.Premium:F2}"))} en tokens {p.Languages[0].ReferenceTokens} all tokens {p.Languages.Sum(l => l.Tokens)}; bytes per token {r.MeanBytesPerToken:F3} worst {r.WorstDecileBytesPerToken:F3}");
            }
            return;
        }
        long began = Stopwatch.GetTimestamp();
        TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
        switch (arguments.Text("kind") ?? "bpe")
        {
            case "bpe":
                HuggingFaceTokenizer.Save(BpeTrainer.Train(train, new BpeTrainerOptions { VocabularySize = vocabulary, SamplingExponent = 1, Threads = threads }), folder, 512);
                break;
            case "unigram":
                HuggingFaceTokenizer.Save(UnigramTrainer.Train(train, new UnigramTrainerOptions { VocabularySize = vocabulary, SamplingExponent = 1, Threads = threads, Pattern = arguments.Text("pattern") == "words" ? WordPattern.Words : WordPattern.Phrases }), folder, 512);
                break;
            case "wordpiece":
                HuggingFaceTokenizer.Save(WordPieceTrainer.Train(train, new WordPieceTrainerOptions { VocabularySize = vocabulary, SamplingExponent = 1, Threads = threads, }), folder, 512);
                break;
        }
        Console.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s, processor {(Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds:F1} s, peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB");
        TokenizerReport report = TokenizerReport.Measure(TextTokenizer.Load(folder), Rows(corpus, CorpusSplit.Test));
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        long all = 0, unknown = 0;
        List<int> ids = [];
        foreach ((_, string text) in Rows(corpus, CorpusSplit.Test))
        {
            ids.Clear();
            tokenizer.Encode(text, ids);
            all += ids.Count;
            unknown += ids.Count(id => id == tokenizer.UnknownId || tokenizer.Token(id)!.StartsWith("<0x", StringComparison.Ordinal));
        }
        if (arguments.Text("dump") is { } dump)
        {
            var some = Rows(corpus, CorpusSplit.Test).GroupBy(r => r.Language).SelectMany(g => g.Take(31)).Take(2015).Select(r => { List<int> x = []; tokenizer.Encode(r.Text, x); return (r.Text, Ids: x); }).ToList();
            File.WriteAllText(dump, System.Text.Json.JsonSerializer.Serialize(some.Select(r => r.Text)));
            File.WriteAllText(dump + ".ids", System.Text.Json.JsonSerializer.Serialize(some.Select(r => new object[] { r.Ids, tokenizer.Decode(r.Ids) })));
        }
        Console.WriteLine($"unknown {100.0 * unknown / all:F2} % vocabulary {tokenizer.VocabularySize}");
        Console.WriteLine($"mean {report.MeanBytesPerToken:F4} worst decile {report.WorstDecileBytesPerToken:F4} worst {string.Join(" ", report.WorstServed(5).Select(l => $"{l.Language} {l.BytesPerToken:F3}"))}");
    }

    private static IEnumerable<(string Language, string Text)> Rows(string path, CorpusSplit split) =>
        CorpusReader.Read(path).Where(row => row.Split == split).Select(row => (row.Language, row.Text));
}
