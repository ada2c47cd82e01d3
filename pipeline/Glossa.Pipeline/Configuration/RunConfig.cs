namespace Glossa.Pipeline.Configuration;

/// <summary>
/// Everything that decides a run. Each section is a record whose defaults are what a configuration without that key
/// gets; the YAML keys are the properties' names in camel case.
/// </summary>
public sealed record RunConfig
{
    /// <summary>Seed of every random choice of the run: initial weights, data order, random language choice.</summary>
    [InRange(0, long.MaxValue)]
    public long Seed { get; init; } = 1;

    /// <summary>The text.</summary>
    public CorpusConfig Corpus { get; init; } = new();

    /// <summary>How text becomes tokens.</summary>
    public TokenizerConfig Tokenizer { get; init; } = new();

    /// <summary>Which languages phase 1 trains on.</summary>
    public LanguagesConfig Languages { get; init; } = new();

    /// <summary>The network.</summary>
    public ModelConfig Model { get; init; } = new();

    /// <summary>The order of training.</summary>
    public CurriculumConfig Curriculum { get; init; } = new();

    /// <summary>Teachers that the model learns from beside the text.</summary>
    public DistillationConfig Distillation { get; init; } = new();

    /// <summary>How gradients change the weights.</summary>
    public OptimizerConfig Optimizer { get; init; } = new();

    /// <summary>How many tokens a step takes.</summary>
    public BatchConfig Batch { get; init; } = new();

    /// <summary>What runs the training step.</summary>
    public EngineConfig Engine { get; init; } = new();

    /// <summary>How models are measured.</summary>
    public EvaluationConfig Evaluation { get; init; } = new();

    /// <summary>Which files are written.</summary>
    public ExportConfig Export { get; init; } = new();
}
