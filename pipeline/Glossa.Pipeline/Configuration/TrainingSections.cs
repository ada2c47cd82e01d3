namespace Glossa.Pipeline.Configuration;

/// <summary>The plan of training.</summary>
public enum CurriculumControl
{
    /// <summary>The phases one after the other.</summary>
    Phases = 0,

    /// <summary>The phases' whole budget on all languages at once, for comparison.</summary>
    Joint = 1,
}

/// <summary>The languages that a phase trains on.</summary>
public enum PhaseLanguages
{
    /// <summary>All of the corpus.</summary>
    All = 0,

    /// <summary>Those that the languages stage chose.</summary>
    Chosen = 1,

    /// <summary>All but those.</summary>
    Others = 2,
}

/// <summary>What a phase does with the optimizer's moments of the phase before.</summary>
public enum OptimizerState
{
    /// <summary>Goes on with them.</summary>
    Keep = 0,

    /// <summary>Begins with zeros.</summary>
    Reset = 1,
}

/// <summary>The course of the learning rate over a phase.</summary>
public enum LearningRateSchedule
{
    /// <summary>Warm-up, stable, then a linear decay.</summary>
    Wsd = 0,

    /// <summary>Warm-up, then half a cosine.</summary>
    Cosine = 1,

    /// <summary>Warm-up, then constant: for a phase that another one follows.</summary>
    Constant = 2,
}

/// <summary>The order of training.</summary>
public sealed record CurriculumConfig
{
    /// <summary>The plan.</summary>
    public CurriculumControl Control { get; init; }

    /// <summary>The phases, in order.</summary>
    public ValueList<PhaseConfig> Phases { get; init; } =
    [
        new() { Name = "diverse", Languages = PhaseLanguages.Chosen, Tokens = 1_000_000, Schedule = LearningRateSchedule.Constant },
        new() { Name = "all", Tokens = 4_000_000 },
    ];
}

/// <summary>One phase of training; its budget is either tokens or epochs.</summary>
public sealed record PhaseConfig
{
    /// <summary>The name in reports.</summary>
    public string Name { get; init; } = "";

    /// <summary>The languages.</summary>
    public PhaseLanguages Languages { get; init; }

    /// <summary>Budget in tokens.</summary>
    [InRange(1, 1e15)]
    public long? Tokens { get; init; }

    /// <summary>Budget in passes over the training text of the phase's languages.</summary>
    [InRange(0.001, 100_000)]
    public double? Epochs { get; init; }

    /// <summary>A language's share of the batches is its bytes to this power: 0 treats languages alike, 1 bytes alike.</summary>
    [InRange(0, 1)]
    public double Sampling { get; init; } = 0.5;

    /// <summary>Share of the budget that is drawn from the languages of the phases before; the rest is drawn from the phase's own.</summary>
    [InRange(0, 1)]
    public double Replay { get; init; }

    /// <summary>That share at the end of the phase, which it reaches along a straight line; null keeps it. A hand-over is <c>replay: 1, replayEnd: 0</c>.</summary>
    [InRange(0, 1)]
    public double? ReplayEnd { get; init; }

    /// <summary>The parameters that move: <c>all</c>, <c>embeddings</c> (tables and head), <c>norms-and-embeddings</c>, or a pattern over initializers' names.</summary>
    public string Train { get; init; } = "all";

    /// <summary>Factor on every learning rate.</summary>
    [InRange(0, 100)]
    public double LearningRate { get; init; } = 1;

    /// <summary>What happens to the optimizer's moments at the start.</summary>
    public OptimizerState OptimizerState { get; init; }

    /// <summary>Whether the learning rate warms up again though the optimizer goes on; with <c>optimizerState: reset</c> it always does.</summary>
    public bool Rewarm { get; init; }

    /// <summary>The course of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>Mean share of replay.</summary>
    internal double ReplayShare => (Replay + (ReplayEnd ?? Replay)) / 2;
}

/// <summary>
/// How gradients change the weights: Muon for the matrices, AdamW for the embedding, the head and everything else.
/// </summary>
public sealed record OptimizerConfig
{
    /// <summary>Learning rate of the matrices (Muon); 0 trains them by AdamW.</summary>
    [InRange(0, 10)]
    public double MuonLearningRate { get; init; } = 0.02;

    /// <summary>Learning rate of the matrices by AdamW, where Muon's is 0; null takes the scalars' one.</summary>
    [InRange(0, 10)]
    public double? MatrixLearningRate { get; init; }

    /// <summary>Learning rate of the embedding table and of learned positions (AdamW); where the table is the head as well, both take the head's.</summary>
    [InRange(0, 10)]
    public double EmbeddingLearningRate { get; init; } = 0.03;

    /// <summary>Learning rate of the output head, tied or not (AdamW).</summary>
    [InRange(0, 10)]
    public double HeadLearningRate { get; init; } = 0.004;

    /// <summary>Learning rate of gains, biases and everything else (AdamW).</summary>
    [InRange(0, 10)]
    public double ScalarLearningRate { get; init; } = 0.006;

    /// <summary>Decoupled weight decay of the matrices, by Muon or AdamW; embedding and head have none.</summary>
    [InRange(0, 10)]
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Muon's momentum.</summary>
    [InRange(0, 0.9999)]
    public double Momentum { get; init; } = 0.95;

    /// <summary>AdamW's decay of the first and second moment.</summary>
    [InRange(0, 0.99999)]
    public ValueList<double> Betas { get; init; } = [0.9, 0.98];

    /// <summary>Largest norm of the whole gradient; 0 does not clip.</summary>
    [InRange(0, 1e6)]
    public double Clip { get; init; } = 1;

    /// <summary>The loss grows by this times the squared logarithm of the softmax's denominator (z-loss), which keeps logits small; 0 leaves it alone. The learning curve shows the sum.</summary>
    [InRange(0, 1)]
    public double ZLoss { get; init; }

    /// <summary>Share of a phase's steps in which the learning rate rises from zero.</summary>
    [InRange(0, 1)]
    public double Warmup { get; init; } = 0.05;

    /// <summary>Share of a phase's steps in which it falls, at the end.</summary>
    [InRange(0, 1)]
    public double Decay { get; init; } = 0.4;

    /// <summary>The learning rate at the end, as a share of the full one.</summary>
    [InRange(0, 1)]
    public double FinalFactor { get; init; } = 0.02;

    /// <summary>Decay of the average of the weights that is exported; 0 exports the weights themselves.</summary>
    [InRange(0, 0.99999)]
    public double Ema { get; init; }

    /// <summary>Parameter groups by name pattern, first match wins; before the groups that the rates above make.</summary>
    public ValueList<OptimizerGroup> Groups { get; init; } = [];
}

/// <summary>The optimizers of a parameter group.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW.</summary>
    [Spelled("adamw")]
    AdamW = 0,

    /// <summary>Muon; matrices only.</summary>
    Muon = 1,

    /// <summary>Not trained.</summary>
    Frozen = 2,
}

/// <summary>Settings of the parameters whose names match a pattern.</summary>
public sealed record OptimizerGroup
{
    /// <summary>Pattern over initializers' names; <c>*</c> stands for any text.</summary>
    public string Match { get; init; } = "";

    /// <summary>The optimizer.</summary>
    public OptimizerKind Kind { get; init; }

    /// <summary>Learning rate; null takes the scalars' one, or Muon's.</summary>
    [InRange(0, 10)]
    public double? LearningRate { get; init; }

    /// <summary>Weight decay; null takes the optimizer's for Muon, none for AdamW.</summary>
    [InRange(0, 10)]
    public double? WeightDecay { get; init; }
}

/// <summary>How many tokens a step takes.</summary>
public sealed record BatchConfig
{
    /// <summary>Tokens of one optimizer step.</summary>
    [InRange(1, 1e9)]
    public int TokensPerStep { get; init; } = 2048;

    /// <summary>Tokens of one run of the graph; a step is as many runs as it takes.</summary>
    [InRange(1, 1e9)]
    public int MicroBatchTokens { get; init; } = 1024;
}

/// <summary>The engines.</summary>
public enum EngineKind
{
    /// <summary>The plain ONNX training step on the processor.</summary>
    Cpu = 0,

    /// <summary>The same graph on an NVIDIA GPU.</summary>
    Cuda = 1,

    /// <summary>ONNX Runtime Training.</summary>
    OrtTraining = 2,
}

/// <summary>The number formats of the matrix products; weights, moments, norms, softmax, losses and sums are float32 in all of them.</summary>
public enum EnginePrecision
{
    /// <summary>32-bit floating point.</summary>
    [Spelled("float32")]
    Fp32 = 0,

    /// <summary>TensorFloat-32.</summary>
    Tf32 = 1,

    /// <summary>bfloat16.</summary>
    Bf16 = 2,

    /// <summary>float16 with dynamic loss scaling.</summary>
    Fp16 = 3,
}

/// <summary>What runs the training step.</summary>
public sealed record EngineConfig
{
    /// <summary>The engine.</summary>
    public EngineKind Kind { get; init; }

    /// <summary>The number format of the matrix products; other than float32 on `cuda` alone.</summary>
    public EnginePrecision Precision { get; init; }

    /// <summary>Concurrent one-thread runs; 0 takes one per processor core.</summary>
    [InRange(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Seconds between checkpoints: the most work that a crash loses.</summary>
    [InRange(0, 86_400)]
    public double CheckpointSeconds { get; init; } = 30;
}
