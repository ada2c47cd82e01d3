using System.Text.Json;
using System.Text.Json.Serialization;
using Glossa.Pipeline.Finetune.Scoring;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Finetune;

/// <summary>What a fine-tuning did: report.json of the output folder.</summary>
public sealed record FinetuneReport
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "report.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name of the task.</summary>
    public required string Task { get; init; }

    /// <summary>full, lora or sparse.</summary>
    public required string Method { get; init; }

    /// <summary>Weights that were trained: in a sparse fine-tuning, those that the second pass changed.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Weights of the model that training could change.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes that a user of the base model has to be sent: the delta, or the whole model.</summary>
    public required long BytesToShip { get; init; }

    /// <summary>Texts of train, valid and test.</summary>
    public required FinetuneTexts Texts { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Seconds of training, both passes of a sparse one.</summary>
    public required double Seconds { get; init; }

    /// <summary>Seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Mean loss on valid and test before and after, nats per label; null where a split is empty.</summary>
    public required FinetuneLosses Loss { get; init; }

    /// <summary>Classification on valid; null for other tasks, or without such texts.</summary>
    public ClassificationScore? Valid { get; init; }

    /// <summary>Classification on test; null for other tasks, or without such texts.</summary>
    public ClassificationScore? Test { get; init; }

    /// <summary>The n-gram classifier on test, fitted to the same training texts; null where it was not asked for.</summary>
    public ClassificationScore? Baseline { get; init; }

    /// <summary>The learning curve, of a sparse fine-tuning's second pass.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>What a user should know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Writes the report.</summary>
    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>The report as one JSON value.</summary>
    public void WriteTo(Utf8JsonWriter writer) => JsonSerializer.Serialize(writer, this, Json);
}

/// <summary>Numbers of texts.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Valid">To choose settings by.</param>
/// <param name="Test">For the final figures.</param>
public sealed record FinetuneTexts(int Train, int Valid, int Test);

/// <summary>Losses around a fine-tuning, nats per label.</summary>
/// <param name="ValidBefore">On valid before it.</param>
/// <param name="ValidAfter">On valid after it.</param>
/// <param name="TestBefore">On test before it.</param>
/// <param name="TestAfter">On test after it.</param>
public sealed record FinetuneLosses(double? ValidBefore, double? ValidAfter, double? TestBefore, double? TestAfter);
