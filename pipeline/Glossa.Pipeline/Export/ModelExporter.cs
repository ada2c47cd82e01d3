using System.Globalization;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Export.GenAi;
using Glossa.Pipeline.Optimize;
using Glossa.Training.Verification;

namespace Glossa.Pipeline.Export;

/// <summary>
/// Writes a trained causal model in each precision, opens every file again with ONNX Runtime, and measures it. A file
/// that loses more than its gate is deleted and the export fails, naming the layer that loses most.
/// </summary>
public static class ModelExporter
{
    /// <summary>Writes and measures the folder.</summary>
    /// <param name="folder">Where the model folder goes.</param>
    /// <param name="model">The trained model in its float32 inference form.</param>
    /// <param name="content">The rest of the folder.</param>
    /// <param name="sequences">What the files are scored on.</param>
    /// <param name="languages">Names that the sequences' languages point into.</param>
    /// <param name="options">Precisions and gates.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <returns>One record per file, float32 first.</returns>
    /// <exception cref="InputException">Static int8 is wanted and there are no texts to calibrate on.</exception>
    /// <exception cref="WorkException">A gate is breached, the disk is full, or a model does not run.</exception>
    public static IReadOnlyList<ExportRecord> Export(
        string folder, ModelProto model, ModelFolderContent content, IReadOnlyList<ScoringSequence> sequences,
        IReadOnlyList<string> languages, ExportOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ModelFolder.Write(folder, content);
        List<ScoredFile> files = [];
        // The float32 file keeps standard operators, which every tool reads; the smaller ones are for running.
        ModelProto? optimized = null;
        foreach (ExportPrecision precision in ExportPrecisions.All.Where(p => p == ExportPrecision.Fp32 || options.Precisions.Contains(p)))
        {
            string file = ModelFolder.PathOf(folder, precision);
            PrecisionModel made = precision == ExportPrecision.Fp32
                ? new PrecisionModel(model)
                : Make(optimized ??= GraphOptimizer.Optimize(model).Model, precision, folder, options, cancellation);
            OnnxFile.Write(file, made.Model);
            ScoredFile scored = Score(file, precision, sequences, languages, options, files.FirstOrDefault()?.BitsPerByte, cancellation);
            if (options.Gates.TryGetValue(precision, out double gate) && !(scored.RelativeChange <= gate))
            {
                File.Delete(file);
                throw Breach(optimized ?? model, precision, made, scored, files[0].BitsPerByte, gate, sequences, options);
            }
            files.Add(scored);
        }
        ModelFolder.DeclareData(folder);
        if (options.GenAi is { } format) files.Add(WriteGenAi(folder, model, format, sequences, languages, options, files[0].BitsPerByte, cancellation));
        IReadOnlyList<ModelTimes> times = ModelTimer.Measure([.. files.Select(file => file.Path)], options.Scoring, options.TimedRuns);
        return [.. files.Zip(times, (file, taken) => new ExportRecord(
            file.Precision, file.File, new FileInfo(file.Path).Length, file.BitsPerByte, file.RelativeChange, taken.SentenceMilliseconds, taken.Speed))];
    }

    /// <summary>The folder of onnxruntime-genai, whose file is scored as the others are and has the gate of its precision.</summary>
    private static ScoredFile WriteGenAi(
        string folder, ModelProto model, ExportPrecision precision, IReadOnlyList<ScoringSequence> sequences, IReadOnlyList<string> languages,
        ExportOptions options, double exact, CancellationToken cancellation)
    {
        string file = GenAiFolder.Write(folder, model, SharedCacheGraph.Of(model), precision, OptimizeOptions.DefaultLimits[precision], TextCalibration.Of(model, options.Calibration, options.Scoring.Window)).Path;
        ScoredFile scored = Score(file, precision, sequences, languages, options, exact, cancellation) with { Precision = $"{GenAiFolder.Name}-{precision.Name()}", File = $"{GenAiFolder.Name}/{GenAiFolder.ModelName}" };
        if (!options.Gates.TryGetValue(precision, out double gate) || scored.RelativeChange <= gate) return scored;
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        throw new WorkException(Figures(scored, exact, gate), file, "raise export.gates, or leave export.genai out");
    }

    private static PrecisionModel Make(ModelProto optimized, ExportPrecision precision, string folder, ExportOptions options, CancellationToken cancellation) => PrecisionModels.Make(
        optimized, precision, precision == ExportPrecision.Fp16 ? HalfRange.TooLarge(optimized, [new SyntheticInputs(2, Math.Min(options.Scoring.Window, 64)).For(optimized.Graph)], folder) : [],
        TextCalibration.Of(optimized, options.Calibration, options.Scoring.Window), precision == ExportPrecision.Int4 ? GatedPlan.Find(optimized, options, cancellation) : null);

    private static ScoredFile Score(
        string file, ExportPrecision precision, IReadOnlyList<ScoringSequence> sequences, IReadOnlyList<string> languages,
        ExportOptions options, double? exact, CancellationToken cancellation)
    {
        using CausalScorer scorer = CausalScorer.Open(file, options.Scoring);
        double bits = scorer.Score(sequences, languages, cancellation).Mean;
        return new ScoredFile(file, precision.Name(), precision.File(), bits, bits / (exact ?? bits) - 1);
    }

    private static WorkException Breach(
        ModelProto model, ExportPrecision precision, PrecisionModel made, ScoredFile scored, double exact, double gate,
        IReadOnlyList<ScoringSequence> sequences, ExportOptions options) =>
        new(Figures(scored, exact, gate) + Layer(model, precision, made, sequences, options), scored.Path, "raise export.gates or leave the precision out");

    private static string Figures(ScoredFile scored, double exact, double gate) => string.Create(CultureInfo.InvariantCulture,
        $"{scored.Precision} has {scored.BitsPerByte:F4} bits per byte, fp32 {exact:F4}: a loss of {scored.RelativeChange:P2}, the gate is {gate:P2}");

    /// <summary>The layer that loses most, in words: for int8 by what it does to the layer's output, for other codes by what it does to the weight.</summary>
    private static string Layer(ModelProto model, ExportPrecision precision, PrecisionModel made, IReadOnlyList<ScoringSequence> sequences, ExportOptions options)
    {
        if (precision is ExportPrecision.DynamicInt8 or ExportPrecision.StaticInt8
            && LayerErrors.Measure(model, sequences, options.Scoring, precision, TextCalibration.Of(model, options.Calibration, options.Scoring.Window)) is [{ } worst, ..])
            return string.Create(CultureInfo.InvariantCulture, $"; the layer that loses most is '{worst.Weight}' ({worst.Operator}, {worst.RelativeError:P2} of its output)");
        return WorstLayer.Of(made.Layers) is { } layer ? "; " + layer : "";
    }

    /// <summary>A file that was written and scored.</summary>
    /// <param name="Path">Where it lies.</param>
    /// <param name="Precision">Name of the precision.</param>
    /// <param name="File">Path below the model folder.</param>
    /// <param name="BitsPerByte">Mean over languages.</param>
    /// <param name="RelativeChange">Bits per byte over those of float32, minus 1.</param>
    private sealed record ScoredFile(string Path, string Precision, string File, double BitsPerByte, double RelativeChange);
}
