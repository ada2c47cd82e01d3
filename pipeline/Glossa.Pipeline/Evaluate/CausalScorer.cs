using Glossa.Data.Tokenizers;
using Glossa.Models.Onnx;

namespace Glossa.Pipeline.Evaluate;

/// <summary>
/// Bits per byte of a causal language model. Per language it is the sum of bits over all texts divided by the sum of
/// their UTF-8 bytes. A sequence is [language tag, or <c>&lt;bos&gt;</c>], text, <c>&lt;eos&gt;</c>; the first token is
/// given, never scored; tags are masked out of the softmax; <c>&lt;eos&gt;</c> is scored, its bytes are none. A window
/// holds at most <see cref="ScoringOptions.Window"/> tokens, targets included; a longer text advances by 3/4 of a
/// window, so that the last quarter of a window is context in the next and every token is scored once.
/// </summary>
/// <remarks>
/// Windows of similar length run together, several one-thread runs at a time on one session. Float models give the same
/// bits on any number of threads, since batches and the order of all sums do not depend on it. Models with dynamic
/// int8 activations take their activation scales from a whole batch, so <see cref="ScoringOptions.BatchTokens"/> moves
/// their figures slightly. Masked language models have no such measure (a pseudo-likelihood is no code length) and
/// are not scored here.
/// </remarks>
public sealed class CausalScorer : IDisposable
{
    private readonly CausalSession _model;
    private readonly ScoringOptions _options;

    private CausalScorer(CausalSession model, ScoringOptions options)
    {
        _model = model;
        _options = options;
    }

    /// <summary>Opens a model file.</summary>
    /// <exception cref="InputException">The file is missing or damaged, is no causal language model, or has fewer logits than the text vocabulary.</exception>
    public static CausalScorer Open(string path, ScoringOptions options) =>
        Create(CausalSession.Open(path, withCache: false), options);

    /// <summary>Takes a model held in memory, which is left as it is.</summary>
    /// <param name="model">A causal language model.</param>
    /// <param name="options">How to score.</param>
    /// <param name="origin">What errors call the model.</param>
    /// <exception cref="InputException">It is no causal language model, or has fewer logits than the text vocabulary.</exception>
    public static CausalScorer Load(ModelProto model, ScoringOptions options, string origin = "model in memory")
    {
        ArgumentNullException.ThrowIfNull(model);
        return Create(CausalSession.Load(model, origin, withCache: false), options);
    }

    /// <summary>Scores texts by language.</summary>
    /// <exception cref="InputException">There is no language, or one without a byte of text.</exception>
    /// <exception cref="WorkException">The model's logits are not numbers.</exception>
    public EvaluationResult Score(
        ITokenizer tokenizer, IReadOnlyList<(string Language, IReadOnlyList<string> Texts)> texts, CancellationToken cancellation = default) =>
        Score(ScoringSequences.FromTexts(tokenizer, texts), [.. texts.Select(t => t.Language)], cancellation);

    /// <summary>Scores sequences of token ids.</summary>
    /// <param name="sequences">The sequences, in any order.</param>
    /// <param name="languages">Names of the languages that <see cref="ScoringSequence.Language"/> points into.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="InputException">There is no language, or one without a byte of text.</exception>
    /// <exception cref="WorkException">The model's logits are not numbers.</exception>
    /// <exception cref="ArgumentException">A sequence has fewer than two tokens, or scores a token that is masked out.</exception>
    public EvaluationResult Score(
        IReadOnlyList<ScoringSequence> sequences, IReadOnlyList<string> languages, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(languages);
        LanguageScore[] scores = Count(sequences, languages);
        double[] sum = new double[languages.Count];
        foreach (ScoringPlan plan in ScoringPlan.Of(sequences, _options))
        {
            double[] bits = new double[plan.Windows.Length];
            RunBatches(plan, sequences, bits, cancellation);
            RequireFinite(plan, sequences, languages, bits);
            for (int w = 0; w < bits.Length; w++) sum[sequences[plan.Windows[w].Sequence].Language] += bits[w];
        }
        return new EvaluationResult([.. scores.Select((score, i) => score with { Bits = sum[i] })], _options.Window, _options.Stride);
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private static CausalScorer Create(CausalSession model, ScoringOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, 2);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TextVocabularySize);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BatchTokens);
            ArgumentOutOfRangeException.ThrowIfNegative(options.Threads);
            if (options.TextVocabularySize > model.Vocabulary)
            {
                throw new InputException(
                    $"the model predicts {model.Vocabulary} ids, the tokenizer needs {options.TextVocabularySize}", model.Origin,
                    "use the tokenizer that the model was trained with");
            }
            return new CausalScorer(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private void RunBatches(ScoringPlan plan, IReadOnlyList<ScoringSequence> sequences, double[] bits, CancellationToken cancellation) => ScoringRuns.Run(
        plan.Batches.Length, _options.Threads, _model.Origin, () => new ScoringWorker(_model, _options),
        (worker, batch) => worker.Run(plan, plan.Batches[batch], sequences, ScoringWorker.AddBits(bits)), cancellation);

    // What there is of each language, without bits.
    private static LanguageScore[] Count(IReadOnlyList<ScoringSequence> sequences, IReadOnlyList<string> languages)
    {
        if (languages.Count == 0) throw new InputException("there are no texts to score", fix: "choose a split that has some");
        long[] texts = new long[languages.Count], tokens = new long[languages.Count], bytes = new long[languages.Count];
        foreach (ScoringSequence sequence in sequences)
        {
            texts[sequence.Language]++;
            tokens[sequence.Language] += sequence.Ids.Length - 1;
            bytes[sequence.Language] += sequence.Bytes;
        }
        int empty = Array.IndexOf(bytes, 0);
        if (empty >= 0)
            throw new InputException($"language '{languages[empty]}' has no text to score", fix: "leave it out or add texts to the split");
        return [.. languages.Select((name, i) => new LanguageScore(name, texts[i], tokens[i], bytes[i], 0))];
    }

    private void RequireFinite(ScoringPlan plan, IReadOnlyList<ScoringSequence> sequences, IReadOnlyList<string> languages, double[] bits)
    {
        int bad = Array.FindIndex(bits, b => !double.IsFinite(b));
        if (bad < 0) return;
        string language = languages[sequences[plan.Windows[bad].Sequence].Language];
        throw new WorkException($"the model's logits are not finite numbers on a text of language '{language}'", _model.Origin,
            "train with a lower learning rate, or keep the layer that overflows in float32");
    }
}
