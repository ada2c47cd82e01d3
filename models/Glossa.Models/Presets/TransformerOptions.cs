namespace Glossa.Models.Presets;

/// <summary>What a transformer is trained to predict.</summary>
public enum TransformerTask
{
    /// <summary>The next token, seeing only earlier ones.</summary>
    CausalLm,

    /// <summary>Tokens that were masked, seeing both sides.</summary>
    MaskedLm,
}

/// <summary>The form of the feed-forward layer.</summary>
public enum FeedForwardKind
{
    /// <summary>fc2(relu(fc1(x))^2), of the nanochat architecture.</summary>
    SquaredRelu,

    /// <summary>down(silu(gate(x)) * up(x)), of the Llama and Qwen architectures.</summary>
    SwiGlu,

    /// <summary>fc2(gelu(fc1(x))) with the error function's GELU, of GPT-2 and BERT.</summary>
    Gelu,
}

/// <summary>The norm before every block and before the head.</summary>
public enum NormKind
{
    /// <summary>x / rms(x), with a gain where <see cref="TransformerOptions.NormGain"/> says so.</summary>
    Rms,

    /// <summary>(x - mean) / deviation, with gain and bias.</summary>
    Layer,
}

/// <summary>How a position is told.</summary>
public enum PositionKind
{
    /// <summary>Queries and keys are rotated by it.</summary>
    Rotary,

    /// <summary>A trained row of its own is added to the embedding.</summary>
    Learned,
}

/// <summary>How the matrices start.</summary>
public enum StartKind
{
    /// <summary>Variance 1 / inputs; matrices that write into the residual stream, and the head, at zero, so that every block is the identity at first (nanochat).</summary>
    ZeroResidual,

    /// <summary>Standard deviation 0.02; matrices that write into the residual stream at 0.02 / sqrt(2 layers) (GPT-2).</summary>
    Small,
}

/// <summary>
/// The shape of a transformer. Every preset is one of these; <see cref="ModelType"/> names the published architecture
/// that the numbers and switches describe exactly, or is <c>glossa</c> where none does.
/// </summary>
public sealed record TransformerOptions
{
    /// <summary>Hugging Face <c>model_type</c>: <c>nanochat</c>, <c>qwen3</c>, <c>gpt2</c>, or <c>glossa</c>.</summary>
    public string ModelType { get; init; } = "nanochat";

    /// <summary>What is predicted.</summary>
    public TransformerTask Task { get; init; } = TransformerTask.CausalLm;

    /// <summary>Rows of the embedding: every id that may be given, language tags included.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Ids that may be predicted, the first of the vocabulary; language tags are beyond them.</summary>
    public int TextVocabulary { get; init; }

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 2;

    /// <summary>Key and value heads; a divisor of <see cref="Heads"/>.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Width of one head; even where positions are rotary.</summary>
    public int HeadSize { get; init; } = 64;

    /// <summary>Inner width of the feed-forward layer.</summary>
    public int FeedForward { get; init; } = 512;

    /// <summary>Form of the feed-forward layer.</summary>
    public FeedForwardKind FeedForwardKind { get; init; } = FeedForwardKind.SquaredRelu;

    /// <summary>The norm.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Whether norms have a trainable gain; LayerNorm needs it.</summary>
    public bool NormGain { get; init; }

    /// <summary>Whether every projection but the head adds a bias.</summary>
    public bool Biases { get; init; }

    /// <summary>How a position is told.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>How the matrices start.</summary>
    public StartKind Start { get; init; }

    /// <summary>Whether the embedding is normalised before the first block (nanochat).</summary>
    public bool EmbeddingNorm { get; init; } = true;

    /// <summary>Whether queries and keys are normalised per head.</summary>
    public bool QueryKeyNorm { get; init; } = true;

    /// <summary>Whether the output matrix is the embedding.</summary>
    public bool TiedHead { get; init; }

    /// <summary>Longest sequence.</summary>
    public int Context { get; init; } = 256;

    /// <summary>Base of the rotary frequencies.</summary>
    public float RopeTheta { get; init; } = 10000f;

    /// <summary>Epsilon inside the root of the norms.</summary>
    public float NormEpsilon { get; init; } = 1e-6f;

    /// <summary>Share of the embedding and of every block's output that training sets to zero at random; the rest is scaled up.</summary>
    public float Dropout { get; init; }

    /// <summary>Rotation sense of the rotary embedding: nanochat turns clockwise, Llama and Qwen the other way.</summary>
    public bool ClockwiseRotary => ModelType == "nanochat";

    /// <summary>Scores are multiplied by this before the softmax.</summary>
    public float AttentionScale => 1f / MathF.Sqrt(HeadSize);

    /// <summary>Checks that the numbers fit together.</summary>
    /// <exception cref="InputException">They do not; the message names the key.</exception>
    public void Validate()
    {
        Require(Vocabulary > 0, "vocabulary", "must be positive");
        Require(TextVocabulary > 0 && TextVocabulary <= Vocabulary, "textVocabulary", "must lie in 1..vocabulary");
        Require(Layers is > 0 and <= 1024, "layers", "must lie in 1..1024");
        Require(Width > 0, "width", "must be positive");
        Require(Heads > 0, "heads", "must be positive");
        Require(KeyValueHeads > 0 && Heads % KeyValueHeads == 0, "kvHeads", $"must divide heads ({Heads})");
        Require(HeadSize > 0 && (HeadSize % 2 == 0 || Positions == PositionKind.Learned), "headSize", "must be positive, and even for rotary positions");
        Require(FeedForward > 0, "feedForward", "must be positive");
        Require(Norm == NormKind.Rms || NormGain, "normGain", "must be true for a LayerNorm");
        Require(Dropout is >= 0 and < 1, "dropout", "must lie in 0..1, 1 excluded");
        Require(Context > 1, "context", "must be at least 2");
        Require(!TiedHead || TextVocabulary <= Vocabulary, "tiedHead", "needs the text vocabulary inside the vocabulary");
    }

    private static void Require(bool condition, string key, string rule)
    {
        if (!condition) throw new InputException($"model.{key} {rule}");
    }
}
