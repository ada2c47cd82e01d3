using System.Diagnostics;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
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
        List<(string, string)> train = [.. Rows(corpus, CorpusSplit.Train).Where((_, i) => i % every == 0)];
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
        Console.WriteLine($"unknown {100.0 * unknown / all:F2} % vocabulary {tokenizer.VocabularySize}");
        Console.WriteLine($"mean {report.MeanBytesPerToken:F4} worst decile {report.WorstDecileBytesPerToken:F4} worst {string.Join(" ", report.WorstServed(5).Select(l => $"{l.Language} {l.BytesPerToken:F3}"))}");
    }

    private static IEnumerable<(string Language, string Text)> Rows(string path, CorpusSplit split) =>
        CorpusReader.Read(path).Where(row => row.Split == split).Select(row => (row.Language, row.Text));
}
