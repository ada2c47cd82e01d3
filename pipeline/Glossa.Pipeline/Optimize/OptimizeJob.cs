using System.Globalization;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
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
        ModelSource source = ModelSource.Find(options.Model);
        ModelProto original = ModelImport.ReadOriginal(source.File);
        OptimizationResult optimized = GraphOptimizer.Optimize(original, options.Passes);
        if (options.GenAi is not null && source.Folder is null) throw new InputException("onnxruntime-genai needs a tokenizer beside the model, and a file was named", source.File, "name the model folder");
        // What does not fit is said before anything is written.
        ModelProto? shared = options.GenAi is null ? null : SharedCacheGraph.Of(original);
        string staging = Path.Combine(options.Out, Staging);
        try
        {
            ModelComparison comparison = new(Runnable(source, original, staging), original.Graph, chunks: options.Passes.Attention != AttentionOperator.GroupQuery);
            List<OptimizedFile> files = [];
            foreach (ExportPrecision precision in ExportPrecisions.All.Where(options.Precisions.Contains))
            {
                cancellation.ThrowIfCancellationRequested();
                files.Add(Write(source, optimized.Model, precision, comparison, options, staging));
            }
            source.CopyCompanions(options.Out);
            if (options.GenAi is { } format && shared is not null)
                files.Add(GenAiFolder.Write(options.Out, original, shared, format, options.Limits.GetValueOrDefault(format, OptimizeOptions.DefaultLimits[format])));
            return new OptimizeResult(optimized, files);
        }
        finally
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>The original as a file that the runtime takes: itself, or with the repairs that it needs.</summary>
    private static string Runnable(ModelSource source, ModelProto original, string staging)
    {
        if (GraphOptimizer.Repaired(original) is not { } repaired) return source.File;
        string file = Path.Combine(staging, "repaired.onnx");
        OnnxFile.Write(file, repaired);
        return file;
    }

    private static OptimizedFile Write(ModelSource source, ModelProto model, ExportPrecision precision, ModelComparison comparison, OptimizeOptions options, string staging)
    {
        IReadOnlyList<string> tooLarge = precision == ExportPrecision.Fp16 ? HalfRange.TooLarge(model, comparison.Feeds, staging) : [];
        PrecisionModel made = PrecisionModels.Make(model, precision, tooLarge);
        string target = source.Target(options.Out, precision), staged = Path.Combine(staging, Path.GetFileName(target));
        OnnxFile.Write(staged, made.Model);
        double difference;
        string output;
        using (RunnableModel runnable = RunnableModel.Open(staged)) (difference, output) = comparison.Worst(runnable);
        if (options.Limits.TryGetValue(precision, out double limit) && !(difference <= limit)) throw Breach(model, precision, difference, output, limit, comparison, source, staging);
        // The data file first: a model without its data must never stand there.
        long bytes = Move(staged + "_data", target + "_data") + Move(staged, target);
        return new OptimizedFile(precision, target, bytes, made.Model.Graph.Node.Count, difference, output, made.KeptFloat);
    }

    private static long Move(string from, string to)
    {
        if (!File.Exists(from)) return 0;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(to))!);
        File.Move(from, to, overwrite: true);
        return new FileInfo(to).Length;
    }

    private static WorkException Breach(
        ModelProto model, ExportPrecision precision, double difference, string output, double limit, ModelComparison comparison, ModelSource source, string staging)
    {
        string figures = string.Create(CultureInfo.InvariantCulture, $"{precision.Name()}: the output '{output}' is off by {difference:P2} of its size, the limit is {limit:P2}");
        string layer = precision == ExportPrecision.DynamicInt8 && WorstLayer.Of(model, comparison.Feeds, staging) is { } worst ? "; " + worst : "";
        return new WorkException(figures + layer, source.File, "raise --tolerance, or leave the precision out");
    }
}
