using System.Diagnostics;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Generate;

namespace Glossa.Pipeline.Export;

/// <summary>The times of one file.</summary>
/// <param name="SentenceMilliseconds">A batch of 1 of 32 tokens, without a cache.</param>
/// <param name="Speed">The other times.</param>
internal sealed record ModelTimes(double SentenceMilliseconds, ExportSpeed Speed);

/// <summary>
/// Times causal models on one thread, as medians of several runs after some that do not count. The files take a run each in turn, so that what else the machine does meets all alike: what a ratio of two files says
/// is then worth more than either time.
/// </summary>
internal sealed class ModelTimer : IDisposable
{
    private const int Sentence = 32, Rows = 32, LongText = 128, Prompt = 32, Written = 64;
    private const int WarmUps = 2, LongRuns = 9;

    private readonly CausalSession _plain, _cached;
    private readonly CausalDecoder? _decoder;
    private readonly TimedBatch _sentence, _batch;
    private readonly double _loadMilliseconds;
    private readonly int _prompt, _written;
    private readonly int[] _text;
    private readonly float[] _logits;

    private ModelTimer(string file, ScoringOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        _cached = CausalSession.Open(file, withCache: true);
        _loadMilliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        _plain = CausalSession.Open(file, withCache: false);
        _sentence = new TimedBatch(_plain, options, 1, Sentence);
        _batch = new TimedBatch(_plain, options, Rows, LongText);
        _prompt = Math.Min(Prompt, options.Window / 2);
        _written = Math.Min(Written, options.Window - _prompt);
        _text = Ids(_prompt + _written, 0, options);
        _logits = new float[_cached.Vocabulary];
        if (_cached.Past.Count > 0) _decoder = new CausalDecoder(_cached);
    }

    /// <summary>Times files against each other.</summary>
    /// <param name="files">The models.</param>
    /// <param name="options">Their window and vocabulary.</param>
    /// <param name="runs">The most timed runs of each.</param>
    public static IReadOnlyList<ModelTimes> Measure(IReadOnlyList<string> files, ScoringOptions options, int runs)
    {
        List<ModelTimer> models = [];
        try
        {
            foreach (string file in files) models.Add(new ModelTimer(file, options));
            double[] sentences = InTurn(models, runs, model => Milliseconds(model._sentence.Run)), batches = InTurn(models, Math.Min(runs, LongRuns), model => Milliseconds(model._batch.Run));
            double[] writing = InTurn(models, Math.Min(runs, LongRuns), model => model.WritingSeconds());
            return [.. models.Select((model, i) => new ModelTimes(sentences[i], new ExportSpeed(model._loadMilliseconds, batches[i], model._decoder is null ? null : model._written / writing[i])))];
        }
        finally
        {
            foreach (ModelTimer model in models) model.Dispose();
        }
    }

    public void Dispose()
    {
        _decoder?.Dispose();
        _sentence.Dispose();
        _batch.Dispose();
        _plain.Dispose();
        _cached.Dispose();
    }

    // Every other round goes the other way, so that no file always follows the same one.
    private static double[] InTurn(List<ModelTimer> models, int runs, Func<ModelTimer, double> time)
    {
        runs = Math.Max(1, runs);
        double[][] times = [.. models.Select(_ => new double[runs])];
        for (int run = -Math.Min(WarmUps, runs); run < runs; run++)
        {
            for (int i = 0; i < models.Count; i++)
            {
                int at = run % 2 == 0 ? i : models.Count - 1 - i;
                double taken = time(models[at]);
                if (run >= 0) times[at][run] = taken;
            }
        }
        foreach (double[] taken in times) Array.Sort(taken);
        return [.. times.Select(taken => taken[runs / 2])];
    }

    private static double Milliseconds(Action run)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private double WritingSeconds()
    {
        if (_decoder is null) return 0;
        _decoder.Reset();
        _decoder.Append(_text.AsSpan(0, _prompt), _logits);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _written; i++) _decoder.Append(_text.AsSpan(_prompt + i, 1), _logits);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static int[] Ids(int count, int from, ScoringOptions options) => [.. Enumerable.Range(from, count).Select(i => i % options.TextVocabularySize)];

    /// <summary>Rows of one length, run through a model whose logits nobody reads.</summary>
    private sealed class TimedBatch : IDisposable
    {
        private readonly ScoringSequence[] _texts;
        private readonly ScoringPlan _plan;
        private readonly ScoringWorker _worker;

        public TimedBatch(CausalSession model, ScoringOptions options, int rows, int tokens)
        {
            tokens = Math.Min(tokens, options.Window - 1);
            ScoringOptions together = options with { BatchTokens = rows * tokens };
            _texts = [.. Enumerable.Range(0, rows).Select(row => new ScoringSequence(0, Ids(tokens + 1, row, options), 1))];
            _plan = ScoringPlan.Of(_texts, together).Single();
            _worker = new ScoringWorker(model, together);
        }

        public void Run() => _worker.Run(_plan, _plan.Batches[0], _texts, static (_, _, _, _) => { });

        public void Dispose() => _worker.Dispose();
    }
}
