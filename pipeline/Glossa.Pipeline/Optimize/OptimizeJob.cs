using System.Globalization;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Export.GenAi;

namespace Glossa.Pipeline.Optimize;

/// <summary>
/// Optimizes a third party's model: passes first, then each precision from their result. Every file is opened by ONNX Runtime and its outputs are held against the
/// original's before it takes its place; one that is further off than its limit is not written.
/// </summary>
public static class OptimizeJob
{
    private const string Staging = ".optimizing";

    /// <summary>Writes the files.</summary>
    /// <exception cref="InputException">The model is not sound, is quantized already, or does not run; the message names it.</exception>
    /// <exception cref="WorkException">A file is further from the original than its limit, or the disk is full.</exception>
    public static OptimizeResult Run(OptimizeOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        ModelSource source = ModelSource.Find(options.Model);
        ModelProto original = ModelImport.ReadOriginal(source.File);
        OptimizationResult optimized = GraphOptimizer.Optimize(original, options.Passes);
        if (options.GenAi is not null && source.Folder is null) throw new InputException("onnxruntime-genai needs a tokenizer beside the model, and a file was named", source.File, "name the model folder");
        // What does not fit is said before anything is written.
        ModelProto? shared = options.GenAi is null ? null : SharedCacheGraph.Of(original);
        CalibrationTexts? texts = options.Calibration is { } file ? CalibrationTexts.Read(source, optimized.Model.Graph, file) : null;
        string staging = Path.Combine(options.Out, Staging);
        try
        {
            string runnable = Runnable(source, original, staging);
            Work work = new(source, runnable, optimized.Model, new ModelComparison(runnable, original.Graph, chunks: options.Passes.Attention != AttentionOperator.GroupQuery), texts, options, staging);
            List<OptimizedFile> files = [];
            foreach (ExportPrecision precision in ExportPrecisions.All.Where(options.Precisions.Contains))
            {
                cancellation.ThrowIfCancellationRequested();
                files.Add(Write(work, precision, cancellation));
            }
            source.CopyCompanions(options.Out);
            if (source.Folder is not null) ModelFolder.DeclareData(options.Out);
            if (options.GenAi is { } format && shared is not null)
                files.Add(GenAiFolder.Write(options.Out, original, shared, format, options.Limits.GetValueOrDefault(format, OptimizeOptions.DefaultLimits[format]), work.Calibration));
            return new OptimizeResult(optimized, files);
        }
        finally
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>Refuses what cannot be done, whatever the model.</summary>
    private static void Check(OptimizeOptions options)
    {
        if (options.GenAi is { } format && GenAiFolder.Unable(format) is (string why, string fix)) throw new InputException(why, fix: fix);
        if (options.Calibration is null && options.Precisions.Any(ExportPrecisions.NeedsCalibration))
            throw new InputException($"{ExportPrecision.StaticInt8.Name()} fixes the ranges of activations on texts and there are none", options.Model, $"name a file of them, --calibration FILE, or take {ExportPrecision.DynamicInt8.Name()}");
    }

    /// <summary>The original as a file that the runtime takes: itself, or with the repairs that it needs.</summary>
    private static string Runnable(ModelSource source, ModelProto original, string staging)
    {
        if (GraphOptimizer.Repaired(original) is not { } repaired) return source.File;
        string file = Path.Combine(staging, "repaired.onnx");
        OnnxFile.Write(file, repaired);
        return file;
    }

    private static OptimizedFile Write(Work work, ExportPrecision precision, CancellationToken cancellation)
    {
        (OptimizeOptions options, string staging) = (work.Options, work.Staging);
        IReadOnlyList<string> tooLarge = precision == ExportPrecision.Fp16 ? HalfRange.TooLarge(work.Optimized, work.Comparison.Feeds, staging) : [];
        PlannedPrecision? plan = precision == ExportPrecision.Int4 && options.TargetLoss is { } target ? Search(work, target, cancellation) : null;
        PrecisionModel made = PrecisionModels.Make(work.Optimized, precision, tooLarge, work.Calibration, plan?.Plan);
        string place = work.Source.Target(options.Out, precision), staged = Path.Combine(staging, Path.GetFileName(place));
        OnnxFile.Write(staged, made.Model);
        double difference;
        string output;
        using (RunnableModel runnable = RunnableModel.Open(staged))
        {
            (difference, output) = work.Comparison.Worst(runnable);
            // Drawn ids lie outside of ranges that were fixed on texts: they only tell that every shape runs.
            if (precision.NeedsCalibration()) (difference, output) = work.OnTexts.Worst(runnable);
        }
        if (options.Limits.TryGetValue(precision, out double limit) && !(difference <= limit)) throw Breach(work, precision, made, plan, difference, output, limit);
        // The data file first: a model without its data must never stand there.
        long bytes = Move(staged + "_data", place + "_data") + Move(staged, place);
        return new OptimizedFile(precision, place, bytes, made.Model.Graph.Node.Count, difference, output, made.KeptFloat) { Plan = plan };
    }

    /// <summary>The smallest plan within a loss, on the texts that calibration has not seen, or on drawn inputs where there are no texts.</summary>
    private static PlannedPrecision Search(Work work, double target, CancellationToken cancellation)
    {
        ModelComparison comparison = work.OnTexts;
        PlanQuantizer plans = PrecisionModels.Plans(work.Optimized, work.Calibration);
        return PlanSearch.Find(work.Optimized, target, plan =>
        {
            cancellation.ThrowIfCancellationRequested();
            using RunnableModel candidate = RunnableModel.OpenTemporary(plans.Quantize(plan).Model, work.Staging);
            return comparison.Worst(candidate).Difference;
        }, PrecisionModels.Options(work.Optimized));
    }

    private static long Move(string from, string to)
    {
        if (!File.Exists(from)) return 0;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(to))!);
        File.Move(from, to, overwrite: true);
        return new FileInfo(to).Length;
    }

    private static WorkException Breach(Work work, ExportPrecision precision, PrecisionModel made, PlannedPrecision? plan, double difference, string output, double limit)
    {
        string figures = string.Create(CultureInfo.InvariantCulture, $"{precision.Name()}: the output '{output}' is off by {difference:P2} of its size, the limit is {limit:P2}");
        string? layer = plan?.Weights is [{ } most, ..] ? $"the layer that loses most is '{most.Weight}'"
            : precision is ExportPrecision.DynamicInt8 or ExportPrecision.StaticInt8 ? WorstLayer.Of(work.Optimized, precision, work.Calibration, (precision.NeedsCalibration() ? work.OnTexts : work.Comparison).Feeds, work.Staging) : WorstLayer.Of(made.Layers);
        return new WorkException(figures + (layer is null ? "" : "; " + layer), work.Source.File, "raise --tolerance, or leave the precision out");
    }

    /// <summary>A model on its way through the precisions.</summary>
    /// <param name="Source">Where it stands.</param>
    /// <param name="Runnable">The original as a file that the runtime takes.</param>
    /// <param name="Optimized">What the passes made of it.</param>
    /// <param name="Comparison">Drawn inputs with the original's outputs.</param>
    /// <param name="Texts">Texts of the calibration file, where one is named.</param>
    /// <param name="Options">What was asked for.</param>
    /// <param name="Staging">Folder for files that are not checked yet.</param>
    private sealed record Work(ModelSource Source, string Runnable, ModelProto Optimized, ModelComparison Comparison, CalibrationTexts? Texts, OptimizeOptions Options, string Staging)
    {
        private readonly Lazy<ModelComparison> _onTexts = new(() => Texts is null ? Comparison : new ModelComparison(Runnable, Texts.Held));

        /// <summary>The comparison on the texts that calibration has not seen; that on drawn inputs where there are no texts.</summary>
        public ModelComparison OnTexts => _onTexts.Value;

        public RuntimeCalibration? Calibration { get; } = Texts is null ? null : new RuntimeCalibration(Texts.Calibration);
    }
}
