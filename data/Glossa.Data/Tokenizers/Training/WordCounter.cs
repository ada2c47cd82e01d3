using System.Collections.Concurrent;

namespace Glossa.Data.Tokenizers.Training;

/// <summary>
/// Counts the words of texts, language by language, on several threads. Of a large corpus the rarest words are dropped every now and then, so that memory does not grow with it:
/// at the same places of the text on any number of threads.
/// </summary>
internal static class WordCounter
{
    private const int BatchCharacters = 1 << 16;

    // After so many characters the counts are put together.
    private const int RoundCharacters = 1 << 23;

    // Over all languages, a word of two languages counted twice.
    private const int MostWords = 1 << 20;

    /// <summary>The counts of the words in <paramref name="texts"/>, which are read once.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cutter">What the words are.</param>
    /// <param name="threads">Threads to count on.</param>
    /// <param name="mostWords">How many words are kept after each round, those of the languages together.</param>
    /// <param name="roundCharacters">Characters of a round.</param>
    /// <exception cref="InputException">There is no text.</exception>
    public static LanguageWords Count(
        IEnumerable<(string Language, string Text)> texts, IWordCutter cutter, int threads, int mostWords = MostWords, int roundCharacters = RoundCharacters)
    {
        ArgumentNullException.ThrowIfNull(texts);
        WordCounts all = new();
        using IEnumerator<(string Language, string Text)> at = texts.GetEnumerator();
        for (Reader reader = new(at); reader.Next(roundCharacters) is { } round;)
        {
            foreach (WordCounts part in threads == 1 ? [CountOnOneThread(round, cutter)] : CountOnThreads(round, cutter, threads)) all.Add(part);
            all.Trim(mostWords);
        }
        LanguageWords words = new(all.Languages);
        return !words.IsEmpty ? words : throw new InputException("there is no text to train a tokenizer on", fix: "check the corpus and its train split");
    }

    private static WordCounts CountOnOneThread(IEnumerable<(string Language, string Text)> texts, IWordCutter cutter)
    {
        WordCounts counts = new();
        foreach ((string language, string text) in texts) counts.Count(language, text, cutter);
        return counts;
    }

    private static List<WordCounts> CountOnThreads(IEnumerable<(string Language, string Text)> texts, IWordCutter cutter, int threads)
    {
        using BlockingCollection<List<(string Language, string Text)>> batches = new(threads * 4);
        using CancellationTokenSource failed = new();
        List<WordCounts> workers = [.. Enumerable.Range(0, threads).Select(_ => new WordCounts())];
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

    // Hands a sequence out in rounds of so many characters.
    private sealed class Reader(IEnumerator<(string Language, string Text)> texts)
    {
        private bool _more = texts.MoveNext();

        public IEnumerable<(string Language, string Text)>? Next(int characters) => _more ? Round(characters) : null;

        private IEnumerable<(string Language, string Text)> Round(int characters)
        {
            for (int read = 0; _more && read < characters; _more = texts.MoveNext())
            {
                read += texts.Current.Text.Length;
                yield return texts.Current;
            }
        }
    }
}
