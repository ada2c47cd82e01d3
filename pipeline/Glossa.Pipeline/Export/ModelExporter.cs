using System.Globalization;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Evaluate;

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
    /// <exception cref="WorkException">A gate is breached, the disk is full, or a model does not run.</exception>
    public static IReadOnlyList<ExportRecord> Export(
        string folder, ModelProto model, ModelFolderContent content, IReadOnlyList<ScoringSequence> sequences,
        IReadOnlyList<string> languages, ExportOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ModelFolder.Write(folder, content);
        List<ExportRecord> records = [];
        foreach (ExportPrecision precision in options.Precisions.Append(ExportPrecision.Fp32).Distinct().Order())
        {
            string file = ModelFolder.PathOf(folder, precision);
            OnnxFile.Write(file, InPrecision(model, precision));
            ExportRecord record = Measure(file, precision, sequences, languages, options, records.FirstOrDefault()?.BitsPerByte, cancellation);
            if (options.Gates.TryGetValue(precision, out double gate) && record.RelativeChange > gate)
            {
                File.Delete(file);
                throw Breach(model, precision, record, records[0].BitsPerByte, gate, file, sequences, options.Scoring);
            }
            records.Add(record);
        }
        return records;
    }

    private static ModelProto InPrecision(ModelProto model, ExportPrecision precision) =>
        precision == ExportPrecision.DynamicInt8 ? DynamicQuantizer.Quantize(model).Model : model;

    private static ExportRecord Measure(
        string file, ExportPrecision precision, IReadOnlyList<ScoringSequence> sequences, IReadOnlyList<string> languages,
        ExportOptions options, double? exact, CancellationToken cancellation)
    {
        using CausalScorer scorer = CausalScorer.Open(file, options.Scoring);
        double bits = scorer.Score(sequences, languages, cancellation).Mean;
        return new ExportRecord(precision.Name(), precision.File(), new FileInfo(file).Length, bits, bits / (exact ?? bits) - 1,
            SentenceTimer.Milliseconds(file, options.Scoring, options.TimedRuns));
    }

    private static WorkException Breach(
        ModelProto model, ExportPrecision precision, ExportRecord record, double exact, double gate, string file,
        IReadOnlyList<ScoringSequence> sequences, ScoringOptions scoring)
    {
        string figures = string.Create(CultureInfo.InvariantCulture,
            $"{precision.Name()} has {record.BitsPerByte:F4} bits per byte, fp32 {exact:F4}: a loss of {record.RelativeChange:P2}, the gate is {gate:P2}");
        if (precision != ExportPrecision.DynamicInt8) return new WorkException(figures, file, "raise export.gates or leave the precision out");
        LayerError worst = LayerErrors.Measure(model, sequences, scoring)[0];
        string layer = string.Create(CultureInfo.InvariantCulture,
            $"; the layer that loses most is '{worst.Weight}' ({worst.Operator}, {worst.RelativeError:P2} of its output)");
        return new WorkException(figures + layer, file, "raise export.gates or leave the precision out");
    }
}
