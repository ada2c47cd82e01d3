using System.Diagnostics;
using Glossa.Pipeline.Evaluate;

namespace Glossa.Pipeline.Export;

/// <summary>Times a causal model on one sentence: a batch of 1 of 32 tokens (or the window, where that is shorter), one thread, no cache.</summary>
internal static class SentenceTimer
{
    private const int Tokens = 32;
    private const int WarmUps = 3;

    /// <summary>The median of <paramref name="runs"/> runs, in milliseconds.</summary>
    public static double Milliseconds(string file, ScoringOptions options, int runs)
    {
        int tokens = Math.Min(Tokens, options.Window - 1);
        int[] ids = new int[tokens + 1];
        for (int i = 0; i < ids.Length; i++) ids[i] = i % options.TextVocabularySize;
        using CausalSession model = CausalSession.Open(file, withCache: false);
        using ScoringWorker worker = new(model, options);
        ScoringSequence[] sentence = [new(0, ids, 1)];
        ScoringPlan plan = ScoringPlan.Make(sentence, options);
        double[] bits = new double[plan.Windows.Length], times = new double[Math.Max(1, runs)];
        for (int i = -WarmUps; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            worker.Run(plan, plan.Batches[0], sentence, bits);
            if (i >= 0) times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
