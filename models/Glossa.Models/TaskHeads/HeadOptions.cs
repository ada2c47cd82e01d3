namespace Glossa.Models.TaskHeads;

/// <summary>The classification head that a task needs.</summary>
public sealed record HeadOptions
{
    /// <summary>Number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>How token states become one vector, where the model gives token states.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Width of the states, where the graph does not declare it; null where config.json does not say it either.</summary>
    public long? HiddenSize { get; init; }

    /// <summary>Standard deviation of the new weights.</summary>
    public float Deviation { get; init; } = 0.02f;

    /// <summary>Seed of the new weights.</summary>
    public ulong Seed { get; init; }
}

/// <summary>A graph with the head that its task needs.</summary>
/// <param name="Model">The graph; its first output is the task's.</param>
/// <param name="NewParameters">Initializers made here, weight before bias; empty where the graph's own head fits.</param>
/// <param name="Note">What was done, for the user; null where the graph was left as it is.</param>
public sealed record HeadedModel(Onnx.ModelProto Model, IReadOnlyList<string> NewParameters, string? Note);
