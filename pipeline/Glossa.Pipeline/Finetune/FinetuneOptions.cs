using Glossa.Models.Adapters;
using Glossa.Models.TaskHeads;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Finetune;

/// <summary>All settings of a fine-tuning. Null takes a default that depends on other settings.</summary>
public sealed record FinetuneOptions
{
    /// <summary>The task.</summary>
    public required FinetuneTask Task { get; init; }

    /// <summary>Which column holds what, and how a file without a split column is split.</summary>
    public FinetuneCorpusOptions Corpus { get; init; } = new();

    /// <summary>Longest sequence in tokens, special tokens included; null takes 128, or what the model takes at most; the context of a model of Glossa's own.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Times that every training text is seen.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Texts (pairs) of a step.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Texts (pairs) that run at once; null takes 8, and a whole batch for embeddings, whose negatives are the other pairs of the run.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Learning rate after the warm-up; null takes 5e-5, with LoRA 2e-4.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Learning rate of a new head; null takes that of the rest.</summary>
    public double? HeadLearningRate { get; init; }

    /// <summary>Decoupled weight decay of matrices; biases and norms have none.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Share of the steps over which the rate rises.</summary>
    public double Warmup { get; init; } = 0.1;

    /// <summary>Largest norm of the whole gradient; 0 clips nothing.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>What the rate is multiplied by for each layer further from the head; 1 for equal rates.</summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>Patterns over initializers' names that stay as they are.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>How token states become one vector, for a new classification head.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Low-rank adapters in place of training the weights; null for none.</summary>
    public LoraOptions? Lora { get; init; }

    /// <summary>Share of the weights that a sparse fine-tuning changes; null for all.</summary>
    public double? Sparse { get; init; }

    /// <summary>Whether a sparse fine-tuning takes its share of every tensor and not of the model as a whole.</summary>
    public bool SparseEvenly { get; init; }

    /// <summary>Whether the output folder holds the delta alone, without the model.</summary>
    public bool DeltaOnly { get; init; }

    /// <summary>Whether an n-gram classifier is fitted to the same texts, as a figure to compare with.</summary>
    public bool Baseline { get; init; }

    /// <summary>Seed of the head, the adapters, the order and the masks.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>What runs the training step.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>The number format of the step's matrix products.</summary>
    public EnginePrecision Precision { get; init; }

    /// <summary>Concurrent runs; 0 is one per core.</summary>
    public int Threads { get; init; }

    /// <summary>The learning rate that holds.</summary>
    public double Rate => LearningRate ?? (Lora is null ? 5e-5 : 2e-4);

    /// <summary>The micro-batch that holds.</summary>
    public int Rows => Math.Min(Batch, MicroBatch ?? (Task == FinetuneTask.Embedding ? Batch : 8));

    /// <summary>Concurrent runs that hold.</summary>
    public int Lanes => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Checks ranges and combinations.</summary>
    /// <exception cref="InputException">A setting is out of range, or two exclude each other.</exception>
    public void Validate()
    {
        Require(Epochs is >= 1 and <= 10_000, "--epochs", Epochs, "a whole number of at least 1");
        Require(Batch is >= 1 and <= 65_536, "--batch", Batch, "a whole number of at least 1");
        Require(MicroBatch is null or >= 1, "--micro-batch", MicroBatch, "a whole number of at least 1");
        Require(Task != FinetuneTask.Embedding || Rows > 1, "--batch", Batch, "at least 2: the other pairs of a batch are the negatives");
        Require(MaxLength is null or (>= 4 and <= 1 << 20), "--max-length", MaxLength, "a whole number of at least 4");
        Require(double.IsFinite(Rate) && Rate > 0, "--lr", Rate, "a number above 0, such as 5e-5");
        Require(HeadLearningRate is null or (> 0 and < 1e6), "--head-lr", HeadLearningRate, "a number above 0, such as 1e-3");
        Require(WeightDecay is >= 0 and < 1e6, "--weight-decay", WeightDecay, "a number of at least 0");
        Require(Warmup is >= 0 and <= 1, "--warmup", Warmup, "a share between 0 and 1");
        Require(Clip is >= 0 and < 1e30, "--clip", Clip, "a number of at least 0");
        Require(LayerDecay is > 0 and <= 1, "--layer-decay", LayerDecay, "a number above 0 and at most 1, such as 0.9");
        Require(Sparse is null or (> 0 and <= 1), "--sparse", Sparse, "a share above 0, such as 0.5%");
        Lora?.Validate();
        if (Engines.Missing(Engine) is (string why, string fix)) throw new InputException($"--engine {ConfigSchema.Word(Engine)} {why}", fix: fix);
        if (Engines.Unable(Engine, Precision) is (string whyNot, string instead)) throw new InputException($"--precision {ConfigSchema.Word(Precision)} {whyNot}", fix: instead);
        if (Sparse is not null && Lora is not null) throw new InputException("--sparse and --lora-rank exclude each other", fix: "choose one");
        if (SparseEvenly && Sparse is null) throw new InputException("--sparse-evenly does nothing without --sparse", fix: "give a share, such as --sparse 5%");
        if (DeltaOnly && Sparse is null && Lora is null) throw new InputException("--delta-only needs --lora-rank or --sparse", fix: "a full fine-tuning changes every weight: ship the model");
        if (Baseline && Task != FinetuneTask.Classification) throw new InputException("--baseline is a classifier", fix: "leave it out, or use --task classification");
    }

    private static void Require(bool holds, string option, object? value, string expected)
    {
        if (!holds) throw new InputException(FormattableString.Invariant($"{option} is {value}"), fix: $"give {expected}");
    }
}

/// <summary>What of a corpus file is read.</summary>
public sealed record FinetuneCorpusOptions
{
    /// <summary>Column of the text.</summary>
    public string Text { get; init; } = "text";

    /// <summary>Column of the class, or of what texts that belong together share; null takes "label" where there is one. "language" makes languages the classes.</summary>
    public string? Label { get; init; }

    /// <summary>Column of the language; null takes "language" where there is one.</summary>
    public string? Language { get; init; }

    /// <summary>Column of the split; null takes "split" where there is one.</summary>
    public string? Split { get; init; }

    /// <summary>Column of the text that belongs to the first, for embeddings; null for none.</summary>
    public string? Pair { get; init; }

    /// <summary>Languages to take; empty for all.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Most training texts of a language, chosen by the seed; null for all.</summary>
    public int? TrainTexts { get; init; }

    /// <summary>Most texts of a language in valid and in test each, chosen by the seed; null for all.</summary>
    public int? TestTexts { get; init; }

    /// <summary>Share of the texts to choose settings by, where the file has no split column.</summary>
    public double Valid { get; init; } = 0.05;

    /// <summary>Share of the texts for the final figures, where the file has no split column.</summary>
    public double Test { get; init; } = 0.1;
}
