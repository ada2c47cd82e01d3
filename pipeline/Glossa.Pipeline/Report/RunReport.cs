using System.Globalization;
using System.Text.Json.Serialization;

namespace Glossa.Pipeline.Report;

/// <summary>
/// The numbers of one run, as report.json holds them. Only what product.md's definition names is required; the rest
/// is null or empty where a run has none of it. Keys stand in the file in the order of these properties.
/// </summary>
public sealed record RunReport
{
    /// <summary>The version of report.json that this code writes and reads.</summary>
    public const int CurrentVersion = 1;

    // The generated reader sets every init property, an absent key's to its type's default: hence the setters below.

    /// <summary>Version of the file's layout; a file that does not say is of this version.</summary>
    public int Version { get; init => field = value == 0 ? CurrentVersion : value; } = CurrentVersion;

    /// <summary>Name of the configuration.</summary>
    public string Config { get; init => field = value ?? ""; } = "";

    /// <summary>The headline figures of the model, on the split that <see cref="Evaluation"/> names.</summary>
    public required BitsPerByteSummary BitsPerByte { get; init; }

    /// <summary>The same figures of raw LZMA2 at preset 9 extreme, which needs no model; per language in <see cref="Languages"/>.</summary>
    public BitsPerByteSummary? Lzma2 { get; init; }

    /// <summary>How the figures were measured.</summary>
    public EvaluationSettings? Evaluation { get; init; }

    /// <summary>What was trained.</summary>
    public required TrainingSummary Training { get; init; }

    /// <summary>The network.</summary>
    public ModelSummary? Model { get; init; }

    /// <summary>The tokenizer.</summary>
    public TokenizerSummary? Tokenizer { get; init; }

    /// <summary>The text.</summary>
    public CorpusSummary? Corpus { get; init; }

    /// <summary>The exported files.</summary>
    public required IReadOnlyList<ExportedFile> Exports { get; init; }

    /// <summary>The stages of the run, in the order in which they ran.</summary>
    public required IReadOnlyList<StageTiming> Stages { get; init; }

    /// <summary>The machine that ran it.</summary>
    public MachineInfo? Machine { get; init; }

    /// <summary>How the languages of phase 1 were chosen.</summary>
    public LanguageSelection? LanguageSelection { get; init; }

    /// <summary>One entry per language of the corpus.</summary>
    public required IReadOnlyList<LanguageResult> Languages { get; init; }

    /// <summary>The course of training, in order of steps.</summary>
    public IReadOnlyList<LearningCurvePoint> LearningCurve { get; init => field = value ?? []; } = [];
}

/// <summary>Bits per byte over languages, each language counting the same.</summary>
/// <param name="Mean">The headline: the unweighted mean over languages.</param>
/// <param name="Median">The middle language, or the mean of the two in the middle.</param>
/// <param name="WorstDecile">Unweighted mean over the worst tenth of the languages, rounded up to whole languages.</param>
/// <param name="Control">Mean of a control run with the same budget on all languages and no phases; null where none was made.</param>
public sealed record BitsPerByteSummary(double Mean, double Median, double WorstDecile, double? Control = null)
{
    /// <summary>Summarizes one figure per language.</summary>
    /// <exception cref="ArgumentException">There is no figure.</exception>
    public static BitsPerByteSummary Of(IEnumerable<double> bitsPerByte, double? control = null)
    {
        double[] sorted = [.. bitsPerByte.Order()];
        if (sorted.Length == 0) throw new ArgumentException("expected the figure of one language at least", nameof(bitsPerByte));
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new(sorted.Average(), median, sorted[^((sorted.Length + 9) / 10)..].Average(), control);
    }
}

/// <summary>How bits per byte were measured.</summary>
/// <param name="Split">The part of the corpus: <c>valid</c> or <c>test</c>.</param>
/// <param name="Window">The most tokens of a sequence that the model sees at once.</param>
/// <param name="Stride">Tokens by which a long text advances from window to window.</param>
public sealed record EvaluationSettings(string Split, int Window, int Stride);

/// <summary>What is known of one language.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Phase">The phase that first trains on it: 1 or 2.</param>
/// <param name="TrainBytes">UTF-8 bytes of its unique training text.</param>
/// <param name="BitsPerByteAfterPhase1">Bits per byte when phase 1 ended; null where there was only one phase.</param>
/// <param name="BitsPerByte">Bits per byte of the finished model.</param>
/// <param name="Lzma2">Bits per byte of raw LZMA2 on the same texts; null where it was not measured.</param>
/// <param name="Name">English name.</param>
/// <param name="Script">ISO 15924 code of its script.</param>
/// <param name="Family">Code or name of its family.</param>
public sealed record LanguageResult(
    string Language,
    int Phase,
    long TrainBytes,
    double? BitsPerByteAfterPhase1,
    double BitsPerByte,
    double? Lzma2 = null,
    string? Name = null,
    string? Script = null,
    string? Family = null)
{
    /// <summary>The name, or the tag where there is no name.</summary>
    [JsonIgnore]
    public string DisplayName => string.IsNullOrWhiteSpace(Name) ? Language : Name;
}

/// <summary>What was trained.</summary>
/// <param name="Phases">The phases in order.</param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="Seed">Seed of every random choice.</param>
public sealed record TrainingSummary(IReadOnlyList<PhaseSummary> Phases, long Parameters, long Seed)
{
    /// <summary>The teachers that the model learned from beside the text; null where there were none.</summary>
    public TeacherSummary? Teachers { get; init; }
}

/// <summary>Models whose averaged predictions were a part of the loss.</summary>
/// <param name="Count">How many.</param>
/// <param name="Weight">Their share of the loss; the rest is the text's.</param>
/// <param name="Candidates">Most probable next tokens of each prediction.</param>
public sealed record TeacherSummary(int Count, double Weight, int Candidates)
{
    /// <summary>What that means, in a sentence.</summary>
    [JsonIgnore]
    public string Sentence => string.Create(CultureInfo.InvariantCulture,
        $"{100 * Weight:0.#} % of the loss is cross entropy with what {Count} {(Count == 1 ? "teacher expects" : "teachers expect on average")} (the {Candidates} most probable tokens), the rest with the text.");
}

/// <summary>One phase of training.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Languages">Number of languages.</param>
/// <param name="UniqueBytes">UTF-8 bytes of the different texts in its training set.</param>
/// <param name="Tokens">Tokens trained on, repetitions included.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Seconds">Time of the phase.</param>
/// <param name="TokensPerSecond">Mean speed.</param>
public sealed record PhaseSummary(
    string Name, int Languages, long UniqueBytes, long Tokens, long Steps, double Seconds, double TokensPerSecond);

/// <summary>One point of the course of training.</summary>
/// <param name="Step">Optimizer steps done so far, counted over all phases.</param>
/// <param name="Tokens">Tokens trained on so far, counted over all phases.</param>
/// <param name="Phase">Number of the phase, from 1.</param>
/// <param name="Loss">Training loss of the step, or the mean since the last point, in nats per token.</param>
/// <param name="LearningRateFactor">Factor on every learning rate: 0 to the phase's peak.</param>
/// <param name="GradientNorm">Euclidean norm of the whole gradient before clipping; not finite where a half-precision step overflowed (null in the file).</param>
/// <param name="TokensPerSecond">Speed since the last point.</param>
public sealed record LearningCurvePoint(
    long Step,
    long Tokens,
    int Phase,
    double Loss,
    double LearningRateFactor,
    [property: JsonConverter(typeof(FiniteOrNull))] double GradientNorm,
    double TokensPerSecond);

/// <summary>One exported file.</summary>
/// <param name="Precision"><c>fp32</c>, <c>fp16</c>, <c>int8</c> or <c>int4</c>.</param>
/// <param name="File">Path relative to the run folder, with forward slashes.</param>
/// <param name="Bytes">Size of the file, external data included.</param>
/// <param name="BitsPerByte">Mean bits per byte of the file as opened again by ONNX Runtime.</param>
/// <param name="RelativeChange">Bits per byte over those of the fp32 file, minus 1: positive is worse.</param>
/// <param name="MillisecondsPerSentence">Mean time of one forward pass over a sentence.</param>
/// <param name="Speed">Its other times; null in reports that have none.</param>
public sealed record ExportedFile(
    string Precision, string File, long Bytes, double BitsPerByte, double RelativeChange, double MillisecondsPerSentence, Export.ExportSpeed? Speed = null);

/// <summary>One stage of the run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Seconds">How long the work took when it was done.</param>
/// <param name="Cached">True where this run reused a stored result.</param>
public sealed record StageTiming(string Name, double Seconds, bool Cached);
