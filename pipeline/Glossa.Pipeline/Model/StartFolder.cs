using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Model;

/// <summary>The earlier run of <c>model.start</c>: the files of its exported model that training starts from.</summary>
public static class StartFolder
{
    /// <summary>What stages call its files.</summary>
    public const string Model = "start model", Config = "start configuration", Tokenizer = "start tokenizer", TokenizerConfig = "start tokenizer configuration";

    // Keys of config.json that say nothing of the weights' meaning, or that the tokenizer decides.
    private static readonly HashSet<string> Free = ["vocab_size", "max_position_embeddings", "n_positions", "embd_pdrop", "resid_pdrop", "bos_token_id", "eos_token_id", "pad_token_id"];

    /// <summary>The files that the tokenizer starts from; none where nothing is to start from.</summary>
    /// <exception cref="InputException">There is no model in the folder.</exception>
    public static IReadOnlyList<InputFile> TokenizerFiles(string? start) => start is null ? [] :
        [new InputFile(Tokenizer, FileOf(start, HuggingFaceTokenizer.TokenizerName)), new InputFile(TokenizerConfig, FileOf(start, HuggingFaceTokenizer.ConfigName))];

    /// <summary>The files that the model starts from; none where nothing is to start from.</summary>
    /// <exception cref="InputException">There is no model in the folder.</exception>
    public static IReadOnlyList<InputFile> ModelFiles(string? start) => start is null ? [] :
        [new InputFile(Model, FileOf(start, ExportPrecision.Fp32.File())), new InputFile(Config, FileOf(start, ModelFolder.ConfigName))];

    /// <summary>
    /// The weights of the earlier model under the names of a preset. A language that it has no tag for gets a row of the embedding that is the mean of its tags' rows, or
    /// that of <c>&lt;bos&gt;</c> where it has none.
    /// </summary>
    /// <param name="modelPath">Its model.</param>
    /// <param name="configPath">Its config.json.</param>
    /// <param name="options">The shape that is wanted.</param>
    /// <param name="tokenizer">Its tokenizer, with further tags behind its own.</param>
    /// <exception cref="InputException">The shape is another; the message names what differs.</exception>
    public static Dictionary<string, float[]> Weights(string modelPath, string configPath, TransformerOptions options, ITokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(tokenizer);
        CheckConfig(configPath, PublishedConfig.Of(options, tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId));
        Dictionary<string, TensorProto> stored = OnnxFile.Read(modelPath).Graph.Initializer.ToDictionary(tensor => tensor.Name);
        return TransformerParameters.Of(options).ToDictionary(spec => spec.Name, spec =>
        {
            if (!stored.TryGetValue(spec.Name, out TensorProto? tensor)) throw Differs($"has no parameter '{spec.Name}'", modelPath);
            bool embedding = spec.Name == TransformerParameters.Embedding;
            long[] shape = embedding ? [Math.Min(tensor.Dims[0], spec.Shape[0]), spec.Shape[1]] : spec.Shape;
            if (!tensor.Dims.SequenceEqual(shape))
                throw Differs($"stores '{spec.Name}' as [{string.Join(", ", tensor.Dims)}], this run's is [{string.Join(", ", spec.Shape)}]", modelPath);
            float[] values = OnnxFactory.Floats(tensor);
            return embedding ? WithTags(values, options, tokenizer.BeginId) : values;
        });
    }

    private static float[] WithTags(float[] rows, TransformerOptions options, int beginId)
    {
        int width = options.Width, known = rows.Length / width;
        float[] all = new float[options.Vocabulary * width];
        rows.CopyTo(all, 0);
        int first = known > options.TextVocabulary ? options.TextVocabulary : beginId, count = known > options.TextVocabulary ? known - first : 1;
        for (int at = 0; at < width && known < options.Vocabulary; at++)
        {
            double sum = 0;
            for (int row = first; row < first + count; row++) sum += rows[row * width + at];
            for (int row = known; row < options.Vocabulary; row++) all[row * width + at] = (float)(sum / count);
        }
        return all;
    }

    private static void CheckConfig(string path, JsonObject wanted)
    {
        JsonObject stored = (JsonObject)JsonNode.Parse(File.ReadAllBytes(path))!;
        foreach ((string key, JsonNode? value) in wanted)
        {
            // Read back, since numbers are compared as they are written.
            JsonNode? here = value is null ? null : JsonNode.Parse(value.ToJsonString());
            if (!Free.Contains(key) && !JsonNode.DeepEquals(stored[key], here))
                throw Differs($"has {key} {stored[key]?.ToJsonString() ?? "none"}, this run's is {here?.ToJsonString() ?? "none"}", path);
        }
    }

    private static string FileOf(string start, string name)
    {
        foreach (string folder in (string[])[Path.Combine(start, ExportStage.ModelPath), start])
        {
            if (File.Exists(Path.Combine(folder, ModelFolder.ConfigName))) return Path.Combine(folder, name.Replace('/', Path.DirectorySeparatorChar));
        }
        throw new InputException("there is no exported model to start from", start, "name the folder of a finished run in model.start");
    }

    private static InputException Differs(string how, string path) => new($"the model to start from {how}", path, "give the model section the settings of that run");
}
