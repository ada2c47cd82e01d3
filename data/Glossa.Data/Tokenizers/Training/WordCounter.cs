using System.Collections.Concurrent;
using System.Text;

namespace Glossa.Data.Tokenizers.Training;

/// <summary>
/// Counts the words of texts, language by language, on several threads.
/// </summary>
internal static class WordCounter
{
    private const int BatchCharacters = 1 << 16;

    /// <summary>The counts of all words in <paramref name="texts"/>, which are read once.</summary>
    /// <exception cref="InputException">There is no text.</exception>
    public static LanguageWords Count(IEnumerable<(string Language, string Text)> texts, IWordCutter cutter, int threads)
    {
        ArgumentNullException.ThrowIfNull(texts);
        List<Worker> workers = threads == 1 ? CountOnOneThread(texts, cutter) : CountOnThreads(texts, cutter, threads);
        LanguageWords words = new(workers.SelectMany(worker => worker.Languages).Select(pair => (pair.Key, pair.Value.Words, pair.Value.Bytes)));
        return !words.IsEmpty ? words : throw new InputException("there is no text to train a tokenizer on", fix: "check the corpus and its train split");
    }

    private static List<Worker> CountOnOneThread(IEnumerable<(string Language, string Text)> texts, IWordCutter cutter)
    {
        Worker worker = new();
        foreach ((string language, string text) in texts) worker.Count(language, text, cutter);
        return [worker];
    }

    private static List<Worker> CountOnThreads(IEnumerable<(string Language, string Text)> texts, IWordCutter cutter, int threads)
    {
        using BlockingCollection<List<(string Language, string Text)>> batches = new(threads * 4);
        using CancellationTokenSource failed = new();
        List<Worker> workers = [.. Enumerable.Range(0, threads).Select(_ => new Worker())];
        Task[] tasks = [.. workers.Select(worker => Task.Factory.StartNew(() =>
        {
            try
            {
                foreach (List<(string Language, string Text)> batch in batches.GetConsumingEnumerable())
                    foreach ((string language, string text) in batch) worker.Count(language, text, cutter);
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

        public void Count(string language, string text, IWordCutter cutter)
        {
            if (!Languages.TryGetValue(language, out LanguageCount? count)) Languages.Add(language, count = new LanguageCount());
            count.Bytes += Encoding.UTF8.GetByteCount(text);
            cutter.Count(text, count.Words);
        }
    }
}
