using System.Collections.Concurrent;
using System.Numerics;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// Counts the words of texts, language by language, on several threads, and adds the languages up with integer weights.
/// Sums of integers do not depend on their order, so the result does not depend on the threads.
/// </summary>
internal static class WordCounter
{
    private const int BatchCharacters = 1 << 16;
    private const int WeightBits = 20;

    /// <summary>The weighted counts of all words in <paramref name="texts"/>.</summary>
    public static WordTable Count(IEnumerable<(string Language, string Text)> texts, BpeTrainerOptions options)
    {
        int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        List<Worker> workers = threads == 1 ? CountOnOneThread(texts, options.Pattern) : CountOnThreads(texts, options.Pattern, threads);
        Dictionary<string, long> bytes = new(StringComparer.Ordinal);
        foreach ((string language, LanguageCount count) in workers.SelectMany(worker => worker.Languages))
            bytes[language] = bytes.GetValueOrDefault(language) + count.Bytes;
        Dictionary<string, long> weights = Weights(bytes, options.SamplingExponent);

        WordTable sum = new();
        foreach ((string language, LanguageCount count) in workers.SelectMany(worker => worker.Languages))
            sum.Add(count.Words, weights[language]);
        return sum;
    }

    /// <summary>
    /// Weight of a byte of each language, in fixed point: bytes of the language to the power (exponent - 1), the largest
    /// language having 2^20 or, where sums could leave 62 bits, less.
    /// </summary>
    internal static Dictionary<string, long> Weights(Dictionary<string, long> bytes, double exponent)
    {
        double largest = Math.Max(1, bytes.Values.DefaultIfEmpty().Max());
        Dictionary<string, double> ratios = bytes.ToDictionary(pair => pair.Key,
            pair => Math.Pow(Math.Max(1, pair.Value) / largest, exponent - 1), StringComparer.Ordinal);
        double total = ratios.Sum(pair => pair.Value * bytes[pair.Key]);
        int bits = Math.Min(WeightBits, 61 - BitOperations.Log2((ulong)Math.Max(1, total)));
        return ratios.ToDictionary(pair => pair.Key, pair => (long)Math.Round(pair.Value * (1L << bits)), StringComparer.Ordinal);
    }

    private static List<Worker> CountOnOneThread(IEnumerable<(string Language, string Text)> texts, WordPattern pattern)
    {
        Worker worker = new();
        foreach ((string language, string text) in texts) worker.Count(language, text, pattern);
        return [worker];
    }

    private static List<Worker> CountOnThreads(IEnumerable<(string Language, string Text)> texts, WordPattern pattern, int threads)
    {
        using BlockingCollection<List<(string Language, string Text)>> batches = new(threads * 4);
        using CancellationTokenSource failed = new();
        List<Worker> workers = [.. Enumerable.Range(0, threads).Select(_ => new Worker())];
        Task[] tasks = [.. workers.Select(worker => Task.Factory.StartNew(() =>
        {
            try
            {
                foreach (List<(string Language, string Text)> batch in batches.GetConsumingEnumerable())
                    foreach ((string language, string text) in batch) worker.Count(language, text, pattern);
            }
            catch
            {
                // Without this the reader would wait for ever for a place in the queue.
                failed.Cancel();
                throw;
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            List<(string Language, string Text)> batch = [];
            int characters = 0;
            foreach ((string Language, string Text) text in texts)
            {
                batch.Add(text);
                characters += text.Text.Length;
                if (characters < BatchCharacters) continue;
                batches.Add(batch, failed.Token);
                batch = [];
                characters = 0;
            }
            batches.Add(batch, failed.Token);
        }
        finally
        {
            batches.CompleteAdding();
            Task.WhenAll(tasks).GetAwaiter().GetResult();
        }
        return workers;
    }

    private sealed class LanguageCount
    {
        public WordTable Words { get; } = new();

        public long Bytes { get; set; }
    }

    private sealed class Worker
    {
        public Dictionary<string, LanguageCount> Languages { get; } = new(StringComparer.Ordinal);

        public void Count(string language, string text, WordPattern pattern)
        {
            if (!Languages.TryGetValue(language, out LanguageCount? count)) Languages.Add(language, count = new LanguageCount());
            count.Bytes += Encoding.UTF8.GetByteCount(text);
            ReadOnlySpan<char> span = text;
            for (int start = 0; start < span.Length;)
            {
                int end = pattern.WordEnd(span, start);
                count.Words.Add(span[start..end], 1);
                start = end;
            }
        }
    }
}
