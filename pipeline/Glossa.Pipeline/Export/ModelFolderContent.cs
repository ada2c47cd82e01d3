using System.Text.Json.Nodes;

namespace Glossa.Pipeline.Export;

/// <summary>All of a model folder but the ONNX files.</summary>
/// <param name="Config">Keys of config.json, those of the published architecture; <see cref="ModelFacts.Key"/> is added.</param>
/// <param name="Facts">What Glossa itself must know.</param>
/// <param name="Generation">Contents of generation_config.json; null for models that generate nothing.</param>
/// <param name="TokenizerFolder">Where tokenizer.json and tokenizer_config.json are copied from.</param>
public sealed record ModelFolderContent(JsonObject Config, ModelFacts Facts, GenerationDefaults? Generation, string TokenizerFolder);
