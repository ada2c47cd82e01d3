using System.Globalization;
using System.Text.Json.Nodes;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Optimize;

namespace Glossa.Pipeline.Export.GenAi;

/// <summary>
/// A folder that onnxruntime-genai opens: genai_config.json, the model and its tokenizer side by side. The model is run with the cache protocol of that library, and held
/// against the original, before it takes its place.
/// </summary>
internal static class GenAiFolder
{
    /// <summary>The folder's name inside a model folder.</summary>
    public const string Name = "genai";

    /// <summary>The model file.</summary>
    public const string ModelName = "model.onnx";

    /// <summary>The precisions that it can hold: with float16 weights the graph's cache would be converted at every step.</summary>
    private static readonly ExportPrecision[] Possible = [ExportPrecision.Fp32, ExportPrecision.DynamicInt8, ExportPrecision.Int4];

    /// <summary>Why the folder cannot hold a precision, and what to do; null where it can.</summary>
    public static (string Why, string Fix)? Unable(ExportPrecision precision) =>
        Possible.Contains(precision) ? null : ($"{Name}/ cannot hold {precision.Name()}", $"choose among {string.Join(", ", Possible.Select(ExportPrecisions.Name))}");

    /// <summary>Writes <c>genai/</c> into a model folder that is written already, and says what came of it.</summary>
    /// <param name="folder">The model folder, with config.json and a tokenizer.</param>
    /// <param name="original">The model that the results are held against.</param>
    /// <param name="shared">The same model in the form of <see cref="SharedCacheGraph"/>.</param>
    /// <param name="precision">Number format of the weights.</param>
    /// <param name="limit">How far logits may be from the original's, relative to their size.</param>
    /// <param name="calibration">For int8 and int4: samples of the text that the model is for.</param>
    /// <exception cref="InputException">The model or the precision does not fit that library.</exception>
    /// <exception cref="WorkException">The result is too far from the original.</exception>
    public static OptimizedFile Write(string folder, ModelProto original, ModelProto shared, ExportPrecision precision, double limit, ICalibrationSource? calibration = null)
    {
        if (Unable(precision) is (string why, string fix)) throw new InputException(why, fix: fix);
        JsonObject config = ModelFolder.ReadObject(Path.Combine(folder, ModelFolder.ConfigName), folder);
        string generationPath = Path.Combine(folder, ModelFolder.GenerationName);
        JsonObject? generation = File.Exists(generationPath) ? ModelFolder.ReadObject(generationPath, folder) : null;
        int context = ModelFacts.Read(config, Path.Combine(folder, ModelFolder.ConfigName)).Context;
        PrecisionModel made = PrecisionModels.Make(shared, precision, calibration: calibration);

        string target = Path.Combine(folder, Name), staged = Path.Combine(folder, "." + Name);
        try
        {
            OnnxFile.Write(Path.Combine(staged, ModelName), made.Model);
            double difference = SharedCacheCheck.Difference(original, Path.Combine(staged, ModelName), context);
            if (!(difference <= limit))
                throw new WorkException(string.Create(CultureInfo.InvariantCulture, $"{Name}/ in {precision.Name()}: logits are off by {difference:P2} of their size, the limit is {limit:P2}"), folder,
                    "raise --tolerance, or leave the folder out");
            ModelFolder.WriteObject(Path.Combine(staged, "genai_config.json"), GenAiConfig.Of(made.Model, config, generation, context));
            foreach (string name in ModelFolder.TokenizerNames) File.Copy(Path.Combine(folder, name), Path.Combine(staged, name));
            if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
            Directory.Move(staged, target);
            string file = Path.Combine(target, ModelName), data = file + "_data";
            return new OptimizedFile(precision, file, new FileInfo(file).Length + (File.Exists(data) ? new FileInfo(data).Length : 0), made.Model.Graph.Node.Count, difference, "logits", []);
        }
        finally
        {
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        }
    }
}
