using Glossa.Pipeline.Evaluate;

namespace Glossa.Pipeline.Export;

/// <summary>What is exported and what each file may lose.</summary>
public sealed record ExportOptions
{
    /// <summary>Files to write; float32 is always among them. The default is all that can be written without <see cref="Calibration"/>.</summary>
    public IReadOnlyCollection<ExportPrecision> Precisions { get; init; } = [.. ExportPrecisions.All.Where(precision => !precision.NeedsCalibration())];

    /// <summary>The most bits per byte that a precision may lose, relative to float32 (0.01 is 1 %).</summary>
    public IReadOnlyDictionary<ExportPrecision, double> Gates { get; init; } = new Dictionary<ExportPrecision, double> { [ExportPrecision.DynamicInt8] = 0.01 };

    /// <summary>How the files are scored.</summary>
    public required ScoringOptions Scoring { get; init; }

    /// <summary>Texts that int8 and int4 are calibrated on, of the training split; none means that weights are rounded as they are, and that there is no static int8.</summary>
    public IReadOnlyList<ScoringSequence> Calibration { get; init; } = [];

    /// <summary>Whether the int4 file is the smallest that a search finds within its gate, on the texts of <see cref="Calibration"/>, in place of 4 bits everywhere.</summary>
    public bool SearchPlan { get; init; }

    /// <summary>Number format of a folder <c>genai/</c> for onnxruntime-genai; null writes none.</summary>
    public ExportPrecision? GenAi { get; init; }

    /// <summary>Timed runs per file; their median is reported.</summary>
    public int TimedRuns { get; init; } = 21;
}

/// <summary>One exported file and its figures: an entry of <c>exports</c> in report.json.</summary>
/// <param name="Precision">Name of the precision.</param>
/// <param name="File">Path below the model folder.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="BitsPerByte">Mean over languages of the file as written and opened again.</param>
/// <param name="RelativeChange">Bits per byte over those of float32, minus 1.</param>
/// <param name="MillisecondsPerSentence">Median time of one sentence of 32 tokens on one thread.</param>
/// <param name="Speed">Its other times.</param>
public sealed record ExportRecord(
    string Precision, string File, long Bytes, double BitsPerByte, double RelativeChange, double MillisecondsPerSentence, ExportSpeed Speed);

/// <summary>How fast a file loads and runs on one thread.</summary>
/// <param name="LoadMilliseconds">Time until ONNX Runtime has the file ready.</param>
/// <param name="MillisecondsPerBatch">Median time of 32 rows of 128 tokens (of the window, where that is shorter).</param>
/// <param name="TokensPerSecond">Tokens written one by one with the key-value cache, after a prompt of 32; null for a model without one.</param>
public sealed record ExportSpeed(double LoadMilliseconds, double MillisecondsPerBatch, double? TokensPerSecond);
