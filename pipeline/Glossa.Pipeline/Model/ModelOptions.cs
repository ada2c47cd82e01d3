using Glossa.Models.Presets;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Model;

/// <summary>Makes the shape of a transformer from the <c>model</c> section.</summary>
public static class ModelOptions
{
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
        PresetConfig preset = PresetReader.Load(model.Preset ?? ModelConfig.DefaultPreset);
        TransformerOptions sizes = new();
        int width = model.Width ?? sizes.Width;
        int heads = model.Heads ?? Math.Max(1, width / 64);
        bool swiGlu = (model.Activation ?? preset.Activation) == Activation.SwiGlu;
        if (model.Activation == Activation.Gelu) throw new InputException("model.activation gelu belongs to no preset", fix: "choose relu2 or swiglu, or give a graph of your own");
        if (width % heads != 0) throw new InputException($"model.heads {heads} does not divide model.width {width}");
        TransformerOptions options = new()
        {
            // A published architecture describes its own feed-forward form only.
            ModelType = swiGlu == (preset.Activation == Activation.SwiGlu) ? preset.ModelType : "glossa",
            Task = preset.Task == PresetTask.MaskedLm ? TransformerTask.MaskedLm : TransformerTask.CausalLm,
            NormGain = preset.NormGain,
            EmbeddingNorm = preset.EmbeddingNorm,
            QueryKeyNorm = preset.QueryKeyNorm,
            Vocabulary = vocabulary,
            TextVocabulary = textVocabulary,
            Layers = model.Layers ?? sizes.Layers,
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
        options.Validate();
        return options;
    }
}
