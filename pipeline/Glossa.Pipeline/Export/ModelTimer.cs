using System.Diagnostics;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Generate;

namespace Glossa.Pipeline.Export;

/// <summary>Times a causal model on one thread: medians of several runs after some that do not count.</summary>
internal static class ModelTimer
{
    private const int Sentence = 32, Rows = 32, LongText = 128, Prompt = 32, Written = 64;
    private const int WarmUps = 3, BatchRuns = 5;

    /// <summary>The time of a batch of 1 of 32 tokens, in milliseconds, without a cache.</summary>
    public static double SentenceMilliseconds(string file, ScoringOptions options, int runs)
    {
        using CausalSession model = CausalSession.Open(file, withCache: false);
        return Milliseconds(model, options, 1, Sentence, runs);
    }

    /// <summary>The other times of a file.</summary>
    /// <param name="file">The model.</param>
    /// <param name="options">Its window and vocabulary.</param>
    /// <param name="runs">The most timed runs.</param>
    public static ExportSpeed Measure(string file, ScoringOptions options, int runs)
    {
        long start = Stopwatch.GetTimestamp();
        using CausalSession model = CausalSession.Open(file, withCache: true);
        double load = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double? written = model.Past.Count > 0 ? TokensPerSecond(model, options, Math.Min(runs, BatchRuns)) : null;
        using CausalSession plain = CausalSession.Open(file, withCache: false);
        return new ExportSpeed(load, Milliseconds(plain, options, Rows, LongText, Math.Min(runs, BatchRuns)), written);
    }

    private static double Milliseconds(CausalSession model, ScoringOptions options, int rows, int tokens, int runs)
    {
        tokens = Math.Min(tokens, options.Window - 1);
        ScoringOptions together = options with { BatchTokens = rows * tokens };
        ScoringSequence[] texts = [.. Enumerable.Range(0, rows).Select(row => new ScoringSequence(0, Ids(tokens + 1, row, options), 1))];
        ScoringPlan plan = ScoringPlan.Make(texts, 0, together);
        LogitsReader read = ScoringWorker.AddBits(new double[plan.Windows.Length]);
        using ScoringWorker worker = new(model, together);
        return Median(runs, () => worker.Run(plan, plan.Batches[0], texts, read));
    }

    private static double TokensPerSecond(CausalSession model, ScoringOptions options, int runs)
    {
        int prompt = Math.Min(Prompt, options.Window / 2), written = Math.Min(Written, options.Window - prompt);
        float[] logits = new float[model.Vocabulary];
        int[] ids = Ids(prompt + written, 0, options);
        using CausalDecoder decoder = new(model);
        double[] seconds = new double[Math.Max(1, runs)];
        for (int run = -1; run < seconds.Length; run++)
        {
            decoder.Reset();
            decoder.Append(ids.AsSpan(0, prompt), logits);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < written; i++) decoder.Append(ids.AsSpan(prompt + i, 1), logits);
            if (run >= 0) seconds[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return written / seconds[seconds.Length / 2];
    }

    private static int[] Ids(int count, int from, ScoringOptions options) => [.. Enumerable.Range(from, count).Select(i => i % options.TextVocabularySize)];

    private static double Median(int runs, Action run)
    {
        double[] times = new double[Math.Max(1, runs)];
        for (int i = -Math.Min(WarmUps, times.Length); i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            if (i >= 0) times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
