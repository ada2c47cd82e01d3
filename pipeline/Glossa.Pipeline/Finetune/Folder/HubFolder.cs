using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Finetune.Folder;

/// <summary>A third party's model folder in Hugging Face layout: config.json, a tokenizer and onnx/model.onnx, or model.onnx beside them.</summary>
internal sealed class HubFolder
{
    /// <summary>Name of the configuration.</summary>
    public const string ConfigName = "config.json";

    private static readonly string[] ModelNames = ["onnx/model.onnx", "model.onnx"];
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private HubFolder(string path, JsonObject config, string modelName) => (Path, Config, ModelName) = (path, config, modelName);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>All of config.json.</summary>
    public JsonObject Config { get; }

    /// <summary>The float32 model, relative to the folder.</summary>
    public string ModelName { get; }

    /// <summary>The float32 model.</summary>
    public string ModelPath => System.IO.Path.Combine(Path, ModelName);

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">A file that every task needs is missing or damaged.</exception>
    public static HubFolder Open(string path)
    {
        if (File.Exists(path)) throw new InputException("expected a model folder, found a file", path, "name the folder that holds config.json");
        if (!Directory.Exists(path)) throw new InputException("no such model folder", path, "check the path");
        JsonObject config = ReadConfig(System.IO.Path.Combine(path, ConfigName));
        TextTokenizer.FileOf(path);
        string model = ModelNames.FirstOrDefault(name => File.Exists(System.IO.Path.Combine(path, name)))
            ?? throw new InputException("the model folder has no onnx/model.onnx", path, "export the model to ONNX in float32");
        return new HubFolder(path, config, model);
    }

    /// <summary>A whole number of config.json; null where it is missing or none.</summary>
    public int? Number(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            if (Config[key] is JsonValue value && value.TryGetValue(out int number)) return number;
        return null;
    }

    /// <summary>The longest sequence that the model takes; null where config.json does not say.</summary>
    public int? Positions
    {
        get
        {
            int? stated = Number("max_position_embeddings", "n_positions", "n_ctx");
            // RoBERTa's positions begin behind the padding id.
            bool shifted = Config["model_type"]?.ToString() is "roberta" or "xlm-roberta" or "camembert" or "xlm-roberta-xl" or "mpnet";
            return stated is { } positions && shifted ? positions - (Number("pad_token_id") ?? 1) - 1 : stated;
        }
    }

    /// <summary>What Glossa knows of a model of its own; null for a third party's.</summary>
    /// <exception cref="InputException">It is damaged.</exception>
    public ModelFacts? Own => Config.ContainsKey(ModelFacts.Key) ? ModelFacts.Read(Config, System.IO.Path.Combine(Path, ConfigName)) : null;

    /// <summary>
    /// Copies everything but config.json and the ONNX models into another folder. Other precisions of the old model are not copied: they hold its old weights.
    /// </summary>
    /// <returns>Names of the models that were left out.</returns>
    public IReadOnlyList<string> CopyRest(string target)
    {
        List<string> left = [];
        foreach (string file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/');
            if (name == ConfigName || name == ModelName) continue;
            if (name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || name.Contains(".onnx_data", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".onnx.data", StringComparison.OrdinalIgnoreCase))
            {
                left.Add(name);
                continue;
            }
            string copy = System.IO.Path.Combine(target, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            using FileStream source = IoFailure.OpenRead(file);
            AtomicFile.Write(copy, source.CopyTo);
        }
        return left;
    }

    /// <summary>Writes a JSON file in the manner of Hugging Face's.</summary>
    public static void Write(string path, JsonNode json) => AtomicFile.WriteText(path, json.ToJsonString(Indented) + "\n");

    private static JsonObject ReadConfig(string file)
    {
        using FileStream stream = IoFailure.OpenRead(file, "config.json");
        try
        {
            return JsonNode.Parse(stream) as JsonObject ?? throw new InputException("expected a JSON object", file, "save the model's configuration again");
        }
        catch (JsonException e)
        {
            throw new InputException($"not valid JSON in line {e.LineNumber + 1}", file, "save the model's configuration again", e);
        }
    }
}
