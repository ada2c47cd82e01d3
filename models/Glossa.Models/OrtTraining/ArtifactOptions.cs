using Glossa.Models.Losses;
using Glossa.Models.Steps;

namespace Glossa.Models.OrtTraining;

/// <summary>What artifacts are made of.</summary>
public sealed record ArtifactOptions
{
    /// <summary>The loss; the mean over the labels (elements, pairs) of a batch.</summary>
    public LossKind Loss { get; init; } = LossKind.CrossEntropy;

    /// <summary>The output of the forward graph that the loss reads; null for the first.</summary>
    public string? Output { get; init; }

    /// <summary>How <see cref="LossKind.Embedding"/> compares texts.</summary>
    public EmbeddingOptions Embedding { get; init; } = new();

    /// <summary>Whether the logits are <c>[sequence, batch, vocabulary]</c>, as in Glossa's own training form.</summary>
    public bool TimeMajor { get; init; }

    /// <summary>Patterns over parameters' names (and those of their twins) that are not trained: they are inputs of the models and in the checkpoint all the same.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>Outputs of the forward graph that training and evaluation give out after the loss.</summary>
    public IReadOnlyList<string> ExtraOutputs { get; init; } = [];

    /// <summary>The optimizer.</summary>
    public ArtifactOptimizer Optimizer { get; init; } = new();

    /// <summary>Whether a graph whose weights are stored in another float type is taken, and trained in float32.</summary>
    public bool ConvertFloats { get; init; }

    internal StepOptions Step => new() { Loss = Loss, Output = Output, Embedding = Embedding, TimeMajor = TimeMajor, ExtraOutputs = ExtraOutputs };
}

/// <summary>The optimizers that ONNX Runtime Training has.</summary>
public enum ArtifactOptimizerKind
{
    /// <summary>AdamW.</summary>
    AdamW,

    /// <summary>Plain gradient descent, without momentum.</summary>
    Sgd,
}

/// <summary>How AdamW decays weights and corrects its bias.</summary>
public enum AdamMode
{
    /// <summary>As PyTorch: the decay comes first; epsilon is added to the corrected root.</summary>
    PyTorch = 0,

    /// <summary>As Hugging Face: the decay comes last; epsilon is added to the root as it is. What the official tool always writes.</summary>
    HuggingFace = 1,
}

/// <summary>An optimizer and its settings; the defaults are those of the official tool. The learning rate is set in the session, not here.</summary>
public sealed record ArtifactOptimizer
{
    /// <summary>Which one.</summary>
    public ArtifactOptimizerKind Kind { get; init; } = ArtifactOptimizerKind.AdamW;

    /// <summary>Variant of AdamW.</summary>
    public AdamMode Mode { get; init; } = AdamMode.HuggingFace;

    /// <summary>Decay of the first moment, from 0 to below 1.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Decay of the second moment, from 0 to below 1.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>What keeps the division finite.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>Decoupled decay of the weights per step, times the learning rate.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Whether the moments are corrected for their start at zero.</summary>
    public bool CorrectBias { get; init; } = true;

    /// <summary>The largest norm over all gradients together, to which larger ones are scaled; null for no clipping.</summary>
    public float? Clip { get; init; }

    /// <summary>Fails where a setting is out of its range.</summary>
    /// <exception cref="InputException">One is.</exception>
    public void Check()
    {
        Require(Beta1 is >= 0 and < 1, "beta1", Beta1, "from 0 to below 1");
        Require(Beta2 is >= 0 and < 1, "beta2", Beta2, "from 0 to below 1");
        Require(Epsilon >= 0 && float.IsFinite(Epsilon), "epsilon", Epsilon, "0 or more");
        Require(WeightDecay >= 0 && float.IsFinite(WeightDecay), "the weight decay", WeightDecay, "0 or more");
        Require(Clip is null or > 0 && float.IsFinite(Clip ?? 1), "the largest gradient norm", Clip ?? 0, "above 0");
        Require(Kind != ArtifactOptimizerKind.Sgd || WeightDecay == 0, "the weight decay", WeightDecay, "0 with sgd, which has none");
    }

    private static void Require(bool holds, string name, float value, string range)
    {
        if (!holds) throw new InputException(FormattableString.Invariant($"{name} is {value}"), fix: $"it has to be {range}");
    }
}
