using Glossa.Models.Presets;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Model;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Configuration;

[TestFixture]
public sealed class PresetReaderTests
{
    [Test]
    public void Load_Nanochat_IsTheDefaultShape()
    {
        TransformerOptions expected = new() { Vocabulary = 300, TextVocabulary = 290 };
        Assert.That(ModelOptions.Of(new ModelConfig { Preset = "nanochat" }, 300, 290), Is.EqualTo(expected));
    }

    [Test]
    public void Load_Qwen3_HasItsNormsAndFeedForward()
    {
        TransformerOptions options = ModelOptions.Of(new ModelConfig { Preset = "qwen3" }, 300, 290);
        Assert.That((options.ModelType, options.FeedForwardKind, options.NormGain, options.EmbeddingNorm, options.RopeTheta),
            Is.EqualTo(("qwen3", FeedForwardKind.SwiGlu, true, false, 1_000_000f)));
    }

    [Test]
    public void Load_Gpt2_HasItsBlock()
    {
        TransformerOptions options = ModelOptions.Of(new ModelConfig { Preset = "gpt2" }, 300, 290);
        Assert.That((options.ModelType, options.FeedForwardKind, options.Norm, options.Positions, options.Start, options.Biases, options.TiedHead, options.QueryKeyNorm, options.NormEpsilon),
            Is.EqualTo(("gpt2", FeedForwardKind.Gelu, NormKind.Layer, PositionKind.Learned, StartKind.Small, true, true, false, 1e-5f)));
        Assert.That(options.FeedForward, Is.EqualTo(4 * options.Width));
    }

    [Test]
    public void Of_Gpt2WithGroupedKeys_IsNoPublishedArchitecture() =>
        Assert.That(ModelOptions.Of(new ModelConfig { Preset = "gpt2", Heads = 4, KvHeads = 2 }, 300, 290).ModelType, Is.EqualTo("glossa"));

    [Test]
    public void Of_RotaryBaseOfLearnedPositions_IsRefused() =>
        Assert.That(() => ModelOptions.Of(new ModelConfig { Preset = "gpt2", RopeTheta = 500 }, 300, 290), Throws.TypeOf<InputException>().With.Message.Contains("model.ropeTheta"));

    [Test]
    public void Of_Gelu_FitsEveryPreset() =>
        Assert.That(PresetReader.Names.Select(name => ModelOptions.Of(new ModelConfig { Preset = name, Activation = Activation.Gelu }, 300, 290).FeedForwardKind), Is.All.EqualTo(FeedForwardKind.Gelu));

    [Test]
    public void Of_OtherActivation_IsNoPublishedArchitecture()
    {
        TransformerOptions options = ModelOptions.Of(new ModelConfig { Preset = "nanochat", Activation = Activation.SwiGlu }, 300, 290);
        Assert.That((options.ModelType, options.FeedForwardKind), Is.EqualTo(("glossa", FeedForwardKind.SwiGlu)));
    }

    [TestCaseSource(typeof(PresetReader), nameof(PresetReader.Names))]
    public void Load_EveryPreset_MakesAValidShape(string name) =>
        Assert.That(() => ModelOptions.Of(new ModelConfig { Preset = name }, 300, 290).Validate(), Throws.Nothing);

    [Test]
    public void Load_Unknown_NamesTheNearest() =>
        Assert.That(() => PresetReader.Load("nanochar"), Throws.TypeOf<InputException>().With.Message.Contains("nanochat"));
}
