using System.Text.Json.Nodes;
using Glossa.Models.Presets;
using NUnit.Framework;

namespace Glossa.Models.Tests.Presets;

public sealed class PublishedConfigTests
{
    [Test]
    public void Of_Gpt2_HasTheKeysOfItsArchitectureAlone()
    {
        JsonObject config = PublishedConfig.Of(
            new TransformerOptions { ModelType = "gpt2", Vocabulary = 30, TextVocabulary = 20, Norm = NormKind.Layer, NormGain = true, NormEpsilon = 1e-5f, TiedHead = true, Dropout = 0.1f }, 1, 2, 0);
        Assert.That((string)config["model_type"]!, Is.EqualTo("gpt2"));
        Assert.That((string)config["architectures"]![0]!, Is.EqualTo("GPT2LMHeadModel"));
        Assert.That(((int)config["n_embd"]!, (int)config["n_layer"]!, (int)config["n_head"]!, (int)config["n_inner"]!, (int)config["n_positions"]!), Is.EqualTo((128, 4, 2, 512, 256)));
        Assert.That(((float)config["resid_pdrop"]!, (float)config["layer_norm_epsilon"]!, (bool)config["tie_word_embeddings"]!), Is.EqualTo((0.1f, 1e-5f, true)));
        Assert.That(config.Select(key => key.Key), Has.None.EqualTo("rope_theta").And.None.EqualTo("hidden_size"));
    }

    [Test]
    public void Of_Nanochat_KeepsItsKeys()
    {
        JsonObject config = PublishedConfig.Of(new TransformerOptions { Vocabulary = 30, TextVocabulary = 20 }, 1, 2, 0);
        Assert.That((string)config["architectures"]![0]!, Is.EqualTo("NanoChatForCausalLM"));
        Assert.That((string)config["hidden_act"]!, Is.EqualTo("relu2"));
        Assert.That(config.ContainsKey("final_logit_softcapping") && config["final_logit_softcapping"] is null, Is.True);
    }
}
