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

    /// <summary>Width of the configured preset, and its number of heads.</summary>
    public static (int Width, int Heads) WidthOf(ModelConfig model)
    {
        ArgumentNullException.ThrowIfNull(model);
        int width = model.Width ?? new TransformerOptions().Width;
        return (width, model.Heads ?? Math.Max(1, width / 64));
    }

    /// <summary>The preset with the configured overrides; a published architecture describes its own feed-forward form, and GPT-2 its own number of key and value heads, only.</summary>
    /// <exception cref="InputException">The preset is unknown, or the numbers do not fit together.</exception>
    public static TransformerOptions Of(ModelConfig model, int vocabulary, int textVocabulary)
    {
        ArgumentNullException.ThrowIfNull(model);
        PresetConfig preset = PresetReader.Load(model.Preset ?? ModelConfig.DefaultPreset);
        TransformerOptions sizes = new();
        (int width, int heads) = WidthOf(model);
        int kvHeads = model.KvHeads ?? heads;
        Activation activation = model.Activation ?? preset.Activation;
        if (width % heads != 0) throw new InputException($"model.heads {heads} does not divide model.width {width}");
        if (model.RopeTheta is not null && preset.Positions != PositionKind.Rotary)
            throw new InputException($"model.ropeTheta is set, the preset {model.Preset} has no rotary positions", fix: "remove it");
        TransformerOptions options = new()
        {
            ModelType = activation == preset.Activation && (kvHeads == heads || preset.ModelType != "gpt2") ? preset.ModelType : "glossa",
            Task = preset.Task == PresetTask.MaskedLm ? TransformerTask.MaskedLm : TransformerTask.CausalLm,
            Norm = preset.Norm,
            NormGain = preset.NormGain,
            NormEpsilon = preset.Norm == NormKind.Layer ? 1e-5f : sizes.NormEpsilon,
            Biases = preset.Biases,
            Positions = preset.Positions,
            Start = preset.Start,
            EmbeddingNorm = preset.EmbeddingNorm,
            QueryKeyNorm = preset.QueryKeyNorm,
            Vocabulary = vocabulary,
            TextVocabulary = textVocabulary,
            Layers = model.Layers ?? sizes.Layers,
            Width = width,
            Heads = heads,
            KeyValueHeads = kvHeads,
            HeadSize = width / heads,
            FeedForwardKind = activation switch { Activation.SwiGlu => FeedForwardKind.SwiGlu, Activation.Gelu => FeedForwardKind.Gelu, _ => FeedForwardKind.SquaredRelu },
            FeedForward = model.FeedForward ?? (activation == Activation.SwiGlu ? width * 8 / 3 / 16 * 16 : 4 * width),
            Context = ContextOf(model),
            TiedHead = model.TiedHead ?? preset.TiedHead,
            Dropout = (float)(model.Dropout ?? 0),
            RopeTheta = (float)(model.RopeTheta ?? preset.RopeTheta),
        };
        options.Validate();
        return options;
    }
}
