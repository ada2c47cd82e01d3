using Glossa.Models.Optimization;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Optimize;

/// <summary>What <see cref="OptimizeJob"/> does.</summary>
public sealed record OptimizeOptions
{
    /// <summary>A model file, or a model folder (onnx/model.onnx or model.onnx in it), whose configuration and tokenizer are taken along.</summary>
    public required string Model { get; init; }

    /// <summary>Folder for the results.</summary>
    public required string Out { get; init; }

    /// <summary>The precisions to write.</summary>
    public IReadOnlyCollection<ExportPrecision> Precisions { get; init; } = [ExportPrecision.Fp32];

    /// <summary>The passes, and what they write.</summary>
    public OptimizationOptions Passes { get; init; } = new();

    /// <summary>Number format of a folder <c>genai/</c> for onnxruntime-genai beside the other files; null writes none. Needs a model folder.</summary>
    public ExportPrecision? GenAi { get; init; }

    /// <summary>A file of texts, one a line, that int8 and int4 are calibrated on; null rounds weights as they are. Needs a model folder with a tokenizer.</summary>
    public string? Calibration { get; init; }

    /// <summary>
    /// Largest difference of the int4 file, measured as <see cref="Limits"/> are, on texts of <see cref="Calibration"/> where there are some: the weights that cost most become int8 or stay
    /// float32, and the file is the smallest that a search finds. Null takes 4 bits everywhere.
    /// </summary>
    public double? TargetLoss { get; init; }

    /// <summary>How far a precision's outputs may be from the original's: the norm of the difference over the norm of the output, on drawn inputs; static int8 on texts of <see cref="Calibration"/>.</summary>
    public IReadOnlyDictionary<ExportPrecision, double> Limits { get; init; } = DefaultLimits;

    /// <summary>
    /// Limits on drawn inputs that only a broken file exceeds; what a precision costs on text is measured by <c>glossa run</c> and <c>glossa evaluate</c>.
    /// </summary>
    public static IReadOnlyDictionary<ExportPrecision, double> DefaultLimits { get; } = new Dictionary<ExportPrecision, double>
    {
        [ExportPrecision.Fp32] = 1e-4,
        [ExportPrecision.Fp16] = 1e-2,
        [ExportPrecision.DynamicInt8] = 0.2,
        [ExportPrecision.StaticInt8] = 0.2,
        [ExportPrecision.Int4] = 0.5,
    };
}

/// <summary>A file that was written.</summary>
/// <param name="Precision">Its precision.</param>
/// <param name="Path">Where it stands.</param>
/// <param name="Bytes">Its size, data in a file beside it included.</param>
/// <param name="Nodes">Nodes of its graph.</param>
/// <param name="Difference">The norm of the difference of its worst output over the norm of that output.</param>
/// <param name="WorstOutput">That output.</param>
/// <param name="KeptFloat">For fp16: nodes that stay float32, for their weights or values do not fit.</param>
public sealed record OptimizedFile(ExportPrecision Precision, string Path, long Bytes, int Nodes, double Difference, string WorstOutput, IReadOnlyList<string> KeptFloat)
{
    /// <summary>The plan that was searched for; null where the precision's own was taken.</summary>
    public PlannedPrecision? Plan { get; init; }
}

/// <summary>What came of a model.</summary>
/// <param name="Optimization">The passes' counts; its model is the float32 one.</param>
/// <param name="Files">The files, float32 first, that of <c>genai/</c> last.</param>
public sealed record OptimizeResult(OptimizationResult Optimization, IReadOnlyList<OptimizedFile> Files);
