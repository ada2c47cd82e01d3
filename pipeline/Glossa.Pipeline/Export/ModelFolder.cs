using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers;
using Glossa.Models.Export;
using Glossa.Pipeline.Evaluate;

namespace Glossa.Pipeline.Export;

/// <summary>
/// A model in Hugging Face layout: config.json, generation_config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx
/// and its other precisions beside it. transformers.js and <c>glossa evaluate</c> need nothing else.
/// </summary>
public sealed class ModelFolder
{
    /// <summary>Name of the file that describes the architecture.</summary>
    public const string ConfigName = "config.json";


    internal const string GenerationName = "generation_config.json";
    private const string ClientKey = "transformers.js_config", DataKey = "use_external_data_format";
    internal static readonly string[] TokenizerNames = ["tokenizer.json", "tokenizer_config.json"];
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private ModelFolder(string path, JsonObject config, ModelFacts facts)
    {
        Path = path;
        Config = config;
        Facts = facts;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>All of config.json.</summary>
    public JsonObject Config { get; }

    /// <summary>What Glossa must know about the model.</summary>
    public ModelFacts Facts { get; }

    /// <summary>Opens a folder and checks that what every use needs is there and whole.</summary>
    /// <exception cref="InputException">A file is missing or damaged; the message names it.</exception>
    public static ModelFolder Open(string path)
    {
        if (File.Exists(path)) throw new InputException("expected a model folder, found a file", path, "name the folder that holds config.json");
        if (!Directory.Exists(path)) throw new InputException("no such model folder", path, "check the path");
        string configPath = System.IO.Path.Combine(path, ConfigName);
        JsonObject config = ReadObject(configPath, path);
        ModelFacts facts = ModelFacts.Read(config, configPath);
        RequireFile(System.IO.Path.Combine(path, TokenizerNames[0]), "tokenizer");
        ModelFolder folder = new(path, config, facts);
        _ = OnnxFile.Read(folder.FileOf(ExportPrecision.Fp32));
        return folder;
    }

    /// <summary>Path of the model file of a precision.</summary>
    /// <exception cref="InputException">The folder has none.</exception>
    public string FileOf(ExportPrecision precision)
    {
        string file = PathOf(Path, precision);
        RequireFile(file, $"{precision.Name()} model");
        return file;
    }

    /// <summary>How the folder's model is scored: with the windows of its report, without its language tags.</summary>
    /// <param name="tokenizer">The folder's tokenizer; where the model predicts more ids than it has, the rest are masked out.</param>
    /// <param name="threads">Concurrent runs; 0 means one per processor.</param>
    public ScoringOptions ScoringOptions(ITokenizer tokenizer, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new ScoringOptions
        {
            Window = Facts.ScoringWindow,
            TextVocabularySize = Math.Min(Facts.TextVocabulary, tokenizer.TextVocabularySize),
            Threads = threads,
        };
    }

    /// <summary>Where the model file of a precision stands in a folder.</summary>
    public static string PathOf(string folder, ExportPrecision precision) =>
        System.IO.Path.Combine(folder, precision.File().Replace('/', System.IO.Path.DirectorySeparatorChar));

    /// <summary>Writes all of a folder but the ONNX files, each file atomically.</summary>
    /// <exception cref="InputException">A tokenizer file to copy is missing.</exception>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, ModelFolderContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        JsonObject config = (JsonObject)content.Config.DeepClone();
        config[ModelFacts.Key] = content.Facts.ToJson();
        WriteObject(System.IO.Path.Combine(path, ConfigName), config);
        if (content.Generation is { } generation) WriteObject(System.IO.Path.Combine(path, GenerationName), generation.ToJson());
        foreach (string name in TokenizerNames)
        {
            string source = System.IO.Path.Combine(content.TokenizerFolder, name), target = System.IO.Path.Combine(path, name);
            if (System.IO.Path.GetFullPath(source) == System.IO.Path.GetFullPath(target)) continue;
            using FileStream stream = IoFailure.OpenRead(source, "tokenizer file");
            AtomicFile.Write(target, stream.CopyTo);
        }
    }

    /// <summary>
    /// Says in config.json which models keep their data in a file beside them (those above 2 GB), which transformers.js fetches only then; says so of no other. A folder without config.json stays as it is.
    /// </summary>
    internal static void DeclareData(string path)
    {
        string configPath = System.IO.Path.Combine(path, ConfigName);
        if (!File.Exists(configPath)) return;
        JsonObject config = ReadObject(configPath, path);
        string[] split = [.. ExportPrecisions.All.Select(precision => PathOf(path, precision)).Where(file => File.Exists(file + "_data")).Select(System.IO.Path.GetFileName).OfType<string>()];
        JsonObject client = config[ClientKey] as JsonObject ?? [];
        if (split.Length == 0 && !client.ContainsKey(DataKey)) return;
        client.Remove(DataKey);
        if (split.Length > 0) client[DataKey] = new JsonObject(split.Select(file => KeyValuePair.Create(file, (JsonNode?)JsonValue.Create(1))));
        config[ClientKey] = client.Parent is null ? client : client.DeepClone();
        WriteObject(configPath, config);
    }

    internal static void WriteObject(string path, JsonObject json) => AtomicFile.WriteText(path, json.ToJsonString(Indented) + "\n");

    internal static JsonObject ReadObject(string file, string folder)
    {
        if (!File.Exists(file)) throw new InputException($"the model folder has no {ConfigName}", folder, "export the model again, or name the right folder");
        try
        {
            using FileStream stream = IoFailure.OpenRead(file);
            return JsonNode.Parse(stream) as JsonObject ?? throw new InputException("expected a JSON object", file, "export the model again");
        }
        catch (JsonException e)
        {
            throw new InputException($"not valid JSON in line {e.LineNumber + 1}", file, "export the model again", e);
        }
    }

    private static void RequireFile(string file, string what)
    {
        if (!File.Exists(file)) throw new InputException($"the model folder has no {what} file", file, "export the model again");
    }
}
