using System.Diagnostics;
using System.Globalization;
using System.Text;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokenizers.Unigram;
using Glossa.Data.Tokenizers.WordPiece;

namespace Glossa.Benchmarks;

/// <summary>Trains tokenizers of every kind on a corpus, bytes weighted alike, and measures time and compression on its test split.</summary>
internal static class TokenizerTraining
{
    public static Benchmark Benchmark { get; } = new("tokenizer-training",
        "time and compression of trained tokenizers: corpus=FILE [kind=bpe|bpe-gpt2|unigram|wordpiece] [every=1 texts] vocabulary threads out=FOLDER docs=docs/tokenizers.md", Run);

    private static void Run(BenchmarkArguments arguments, Findings _)
    {
        string corpus = arguments.Text("corpus") ?? throw new InputException("no corpus is named", fix: "give corpus=FILE");
        string folder = arguments.Text("out") ?? Path.Combine(Path.GetTempPath(), "glossa-tokenizer-training");
        string[] kinds = arguments.Text("kind") is { } one ? [one] : ["bpe", "bpe-gpt2", "wordpiece", "unigram"];
        StringBuilder table = new("| kind | mean bytes per token | worst decile | worst language | unknown or byte tokens | training, processor s |\n|---|---|---|---|---|---|\n");
        foreach (string kind in kinds)
        {
            string row = Measure(kind, corpus, arguments.Number("every", 1), Path.Combine(folder, kind), arguments);
            Console.WriteLine(row);
            table.Append(row).Append('\n');
        }
        if (arguments.Text("docs") is { } docs) DocumentTable.Replace(docs, "tokenizer-training", table.ToString());
    }

    private static string Measure(string kind, string corpus, int every, string folder, BenchmarkArguments arguments)
    {
        List<(string, string)> texts = [.. Rows(corpus, CorpusSplit.Train).Where((_, i) => i % every == 0)];
        TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
        Train(kind, texts, folder, arguments.Number("vocabulary", 8000), arguments.Number("threads", 1));
        double seconds = (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        TokenizerReport report = TokenizerReport.Measure(tokenizer, Rows(corpus, CorpusSplit.Test));
        LanguageCompression worst = report.WorstServed(1).Single();
        return string.Create(CultureInfo.InvariantCulture,
            $"| {kind} | {report.MeanBytesPerToken:F3} | {report.WorstDecileBytesPerToken:F3} | {worst.Language} {worst.BytesPerToken:F2} | {100 * UnknownShare(tokenizer, corpus):F2} % | {seconds:F1} |");
    }

    private static void Train(string kind, List<(string, string)> texts, string folder, int vocabulary, int threads)
    {
        const int LongestSequence = 512;
        switch (kind)
        {
            case "bpe" or "bpe-gpt2":
                WordPattern pattern = kind == "bpe" ? WordPattern.Words : WordPattern.Gpt2;
                HuggingFaceTokenizer.Save(BpeTrainer.Train(texts, new BpeTrainerOptions { VocabularySize = vocabulary, SamplingExponent = 1, Threads = threads, Pattern = pattern }), folder, LongestSequence);
                break;
            case "unigram":
                HuggingFaceTokenizer.Save(UnigramTrainer.Train(texts, new UnigramTrainerOptions { VocabularySize = vocabulary, SamplingExponent = 1, Threads = threads }), folder, LongestSequence);
                break;
            case "wordpiece":
                HuggingFaceTokenizer.Save(WordPieceTrainer.Train(texts, new WordPieceTrainerOptions { VocabularySize = vocabulary, SamplingExponent = 1, Threads = threads }), folder, LongestSequence);
                break;
            default:
                throw new InputException($"kind={kind} is none", fix: "give bpe, bpe-gpt2, unigram or wordpiece");
        }
    }

    private static double UnknownShare(TextTokenizer tokenizer, string corpus)
    {
        bool[] counts = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(id => id == tokenizer.UnknownId || tokenizer.Token(id) is { Length: 6 } token && token.StartsWith("<0x", StringComparison.Ordinal))];
        long all = 0, unknown = 0;
        List<int> ids = [];
        foreach ((_, string text) in Rows(corpus, CorpusSplit.Test))
        {
            ids.Clear();
            tokenizer.Encode(text, ids);
            all += ids.Count;
            unknown += ids.Count(id => counts[id]);
        }
        return (double)unknown / Math.Max(1, all);
    }

    internal static IEnumerable<(string Language, string Text)> Rows(string path, CorpusSplit split) =>
        CorpusReader.Read(path).Where(row => row.Split == split).Select(row => (row.Language, row.Text));
}
