using Glossa.Models.Presets;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Model;

/// <summary>Makes the shape of a transformer from the <c>model</c> section.</summary>
public static class ModelOptions
{
    private static readonly string[] Presets = ["nanochat", "qwen3", "bert-rope"];

    /// <summary>Longest sequence of the configured model.</summary>
    public static int ContextOf(ModelConfig model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Context ?? new TransformerOptions().Context;
    }

    /// <summary>The preset with the configured overrides.</summary>
    /// <exception cref="InputException">The preset is unknown, or the numbers do not fit together.</exception>
    public static TransformerOptions Of(ModelConfig model, int vocabulary, int textVocabulary)
    {
        ArgumentNullException.ThrowIfNull(model);
        TransformerOptions preset = Named(model.Preset ?? ModelConfig.DefaultPreset);
        int width = model.Width ?? preset.Width;
        int heads = model.Heads ?? Math.Max(1, width / 64);
        bool swiGlu = (model.Activation ?? (preset.FeedForwardKind == FeedForwardKind.SwiGlu ? Activation.SwiGlu : Activation.Relu2)) == Activation.SwiGlu;
        if (model.Activation == Activation.Gelu) throw new InputException("model.activation gelu belongs to no preset", fix: "choose relu2 or swiglu, or give a graph of your own");
        if (width % heads != 0) throw new InputException($"model.heads {heads} does not divide model.width {width}");
        TransformerOptions options = preset with
        {
            Vocabulary = vocabulary,
            TextVocabulary = textVocabulary,
            Layers = model.Layers ?? preset.Layers,
            Width = width,
            Heads = heads,
            KeyValueHeads = model.KvHeads ?? heads,
            HeadSize = width / heads,
            FeedForwardKind = swiGlu ? FeedForwardKind.SwiGlu : FeedForwardKind.SquaredRelu,
            FeedForward = model.FeedForward ?? (swiGlu ? width * 8 / 3 / 16 * 16 : 4 * width),
            Context = ContextOf(model),
            TiedHead = model.TiedHead ?? preset.TiedHead,
            Dropout = (float)(model.Dropout ?? 0),
            RopeTheta = (float)(model.RopeTheta ?? preset.RopeTheta),
        };
        // A published architecture describes its own feed-forward form only.
        if (swiGlu != (preset.FeedForwardKind == FeedForwardKind.SwiGlu)) options = options with { ModelType = "glossa" };
        options.Validate();
        return options;
    }

    private static TransformerOptions Named(string name) => name switch
    {
        "nanochat" => new TransformerOptions(),
        "qwen3" => new TransformerOptions
        {
            ModelType = "qwen3",
            FeedForwardKind = FeedForwardKind.SwiGlu,
            NormGain = true,
            EmbeddingNorm = false,
            RopeTheta = 1_000_000,
        },
        "bert-rope" => new TransformerOptions { ModelType = "glossa", Task = TransformerTask.MaskedLm },
        _ => throw new InputException($"unknown preset '{name}' in model.preset", fix: NearestName.Advice(name, Presets)),
    };
}
