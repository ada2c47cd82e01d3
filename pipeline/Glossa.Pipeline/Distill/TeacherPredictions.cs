using Glossa.Data.Corpora;
using Glossa.Data.Targets;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Distill;

/// <summary>Writes what teachers expect at every place of the training text: the most probable next tokens of the mean of their probabilities.</summary>
/// <param name="teachers">The teachers.</param>
/// <param name="tokens">The corpus.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="options">Window and threads.</param>
internal sealed class TeacherPredictions(IReadOnlyList<CausalSession> teachers, TokenFile tokens, ITokenizer tokenizer, ScoringOptions options)
{
    private long _done;

    /// <summary>Writes them. A token that two training windows predict is predicted from the earlier one, as evaluation does it, since it has more context there.</summary>
    /// <param name="path">The target file.</param>
    /// <param name="candidates">Most tokens of a prediction; no more than the vocabulary has.</param>
    /// <param name="context">Progress and cancellation.</param>
    /// <exception cref="WorkException">A teacher gives no finite numbers.</exception>
    public void Write(string path, int candidates, StageContext context)
    {
        TokenSequences sequences = new(tokens, tokenizer, CorpusSplit.Train, step: 1);
        int[] predictions = new int[tokens.TextCount];
        foreach (int text in Enumerable.Range(0, sequences.Count).Select(sequences.TextOf)) predictions[text] = tokens.TokenCountOf(text) + 1;
        int count = Math.Min(candidates, options.TextVocabularySize);
        long total = predictions.Sum(number => (long)number);
        using TargetFileWriter writer = new(path, predictions, count, options.TextVocabularySize);
        foreach (ScoringPlan plan in ScoringPlan.Of(sequences, options))
        {
            ScoringRuns.Run(plan.Batches.Length, options.Threads, "the teachers", () => new TeacherWorker(teachers, options), (worker, number) =>
            {
                WindowWriter windows = new(writer, plan, sequences, count);
                worker.Run(plan, plan.Batches[number], sequences, windows.Add);
                context.Progress.Report(new ProgressUpdate(Interlocked.Add(ref _done, windows.Predictions), total, "tokens", Detail: "predictions of the teachers"));
            }, context.Cancellation);
        }
    }

    // Gathers the predictions of a window, which come one after the other, and stores them with its last.
    private sealed class WindowWriter(TargetFileWriter writer, ScoringPlan plan, TokenSequences sequences, int candidates)
    {
        private int[] _ids = [];
        private float[] _probabilities = [];

        public int Predictions { get; private set; }

        public void Add(int window, int position, int _, ReadOnlySpan<float> probabilities)
        {
            ScoringWindow at = plan.Windows[window];
            int end = at.Start + at.Length;
            if (position == at.FirstScored)
            {
                _ids = new int[(end - position) * candidates];
                _probabilities = new float[_ids.Length];
            }
            int place = (position - at.FirstScored) * candidates;
            Span<float> largest = _probabilities.AsSpan(place, candidates);
            MostProbable.Find(probabilities, _ids.AsSpan(place, candidates), largest);
            if (!(largest[0] > 0)) throw new WorkException("a teacher's predictions are not finite numbers", fix: "train it with lower learning rates, or leave it out of distillation.from");
            Predictions++;
            // The first position of a sequence is given, so the prediction of a position has the number before.
            if (position == end - 1) writer.Write(sequences.TextOf(at.Sequence), at.FirstScored - 1, _ids, _probabilities);
        }
    }
}
