using System.Text.Json;
using Glossa.Training.Safetensors;

namespace Glossa.Benchmarks.Peers;

/// <summary>The architectures that both sides know.</summary>
internal enum Architecture
{
    /// <summary>Pre-LN decoder with learned positions, erf GELU and a tied head.</summary>
    Gpt,

    /// <summary>Weightless RMSNorm, rotary positions, normalised queries and keys, squared ReLU, untied head.</summary>
    NanoChat,

    /// <summary>Post-LN encoder with a padding mask; its last states are the logits of token classes.</summary>
    Bert,
}

/// <summary>A training step that two sides take: the model's sizes and where weights and batch lie. A folder holds it, so that each side can be a process of its own.</summary>
internal sealed record StepCase
{
    public required string Name { get; init; }

    public required Architecture Architecture { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int Width { get; init; }

    /// <summary>Epsilon of the norms.</summary>
    public required float Epsilon { get; init; }

    /// <summary>Sequences of a step.</summary>
    public required int Batch { get; init; }

    public required int Sequence { get; init; }

    /// <summary>Labels of a step; the loss is the mean over them.</summary>
    public required int Labels { get; init; }

    /// <summary>AdamW's rate.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>Matrices that are stored [inputs, outputs]; the peer's own form is the other way round.</summary>
    public required IReadOnlyList<string> Matrices { get; init; }

    /// <summary>Floating-point operations of the matrix products of a step, forward and backward.</summary>
    public required double Flops { get; init; }

    private const string CaseFile = "case.json";

    public static string WeightsFile(string folder) => Path.Combine(folder, "weights.safetensors");

    public static string BatchFile(string folder) => Path.Combine(folder, "batch.safetensors");

    public static StepCase Read(string folder) => JsonSerializer.Deserialize<StepCase>(File.ReadAllBytes(Path.Combine(folder, CaseFile)))!;

    public void Write(string folder, IReadOnlyList<SafetensorsTensor> weights, IReadOnlyList<SafetensorsTensor> batch)
    {
        File.WriteAllBytes(Path.Combine(folder, CaseFile), JsonSerializer.SerializeToUtf8Bytes(this));
        SafetensorsWriter.WriteFile(WeightsFile(folder), weights);
        SafetensorsWriter.WriteFile(BatchFile(folder), batch);
    }
}
