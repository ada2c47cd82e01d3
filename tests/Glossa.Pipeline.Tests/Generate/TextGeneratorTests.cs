using System.Text.Json.Nodes;
using Glossa.Data.Tokenizers;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Pipeline.Generate;
using Glossa.Pipeline.Tests.Evaluate;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Generate;

public sealed class TextGeneratorTests
{
    [TestCase("text-generation-gpt2", true)]
    [TestCase("text-generation-gpt2", false)]
    [TestCase("text-generation-llama", true)]
    [TestCase("text-generation-llama", false)]
    public void GenerateIds_Fixture_GivesTheGoldenGreedyTokens(string name, bool useCache)
    {
        JsonNode golden = JsonNode.Parse(File.ReadAllText(Path.Combine(TestModels.Folder(name), "golden.json")))!;
        int[] prompt = [.. golden["input_ids"]!.AsArray().Select(n => (int)n!)], expected = [.. golden["output_ids"]!.AsArray().Select(n => (int)n!)];
        using TextGenerator generator = TextGenerator.Open(TestModels.File(name), new PlainIds(1000), 128);
        IEnumerable<int> ids = generator.GenerateIds(prompt, new() { MaxTokens = expected.Length - prompt.Length, UseCache = useCache });
        Assert.That(prompt.Concat(ids), Is.EqualTo(expected));
    }

    [Test]
    public void GenerateIds_CacheAndRecomputation_Agree([Values(0, 0.8)] double temperature)
    {
        using TextGenerator generator = TextGenerator.Open(TestModels.File("text-generation-llama"), new PlainIds(1000), 128);
        GenerationOptions options = new() { MaxTokens = 60, Temperature = temperature, TopK = 20, Seed = 5 };
        int[] cached = [.. generator.GenerateIds([47, 80], options)];
        Assert.That(cached, Is.EqualTo(generator.GenerateIds([47, 80], options with { UseCache = false })));
        Assert.That(cached, Has.Length.GreaterThan(5));
    }

    [Test]
    public void GenerateIds_LongTextOfAPreset_IsTheSameWithAndWithoutCacheAndFused()
    {
        const int Tokens = 256;
        using TemporaryFolder temporary = new();
        ModelProto stored = TestModels.Preset(scale: 0.6f, context: 320);
        string[] texts = [Text(stored, cache: false), Text(stored, cache: true), .. ((AttentionOperator[])[AttentionOperator.MultiHead, AttentionOperator.GroupQuery])
            .Select(attention => Text(GraphOptimizer.Optimize(stored, new OptimizationOptions { Attention = attention }).Model, cache: true))];
        Assert.That(texts, Has.All.EqualTo(texts[0]));
        Assert.That(texts[0].Split(' '), Has.Length.EqualTo(Tokens));
        Assert.That(texts[0].Split(' ').Distinct().Count(), Is.GreaterThan(10), "a text of few tokens would be the same by chance");

        string Text(ModelProto model, bool cache)
        {
            OnnxFile.Write(temporary.At("model.onnx"), model);
            using TextGenerator generator = TextGenerator.Open(temporary.At("model.onnx"), new PlainIds(259), 320);
            return string.Join(' ', generator.GenerateIds([47, 80, 12], new GenerationOptions { MaxTokens = Tokens, UseCache = cache }));
        }
    }

    [Test]
    public void GenerateIds_Seeds_DetermineTheSample()
    {
        using TextGenerator generator = TextGenerator.Open(TestModels.File("text-generation-llama"), new PlainIds(1000), 128);
        int[] With(ulong seed) => [.. generator.GenerateIds([47], new() { MaxTokens = 20, Temperature = 1, TopP = 0.9, Seed = seed })];
        int[] once = With(1), again = With(1), other = With(2);
        Assert.That(again, Is.EqualTo(once));
        Assert.That(other, Is.Not.EqualTo(once));
    }

    [Test]
    public void GenerateIds_FullContext_Stops()
    {
        using TextGenerator generator = TextGenerator.Open(TestModels.File("text-generation-gpt2"), new PlainIds(1000), 12);
        Assert.That(generator.GenerateIds([47, 80], new() { MaxTokens = 100, Temperature = 1, Seed = 3 }).Count(), Is.LessThanOrEqualTo(11));
        Assert.Throws<InputException>(() => generator.GenerateIds(new int[12]));
    }

    [Test]
    public void Generate_Preset_YieldsWholeCharactersAndNoSpecialTokens()
    {
        using TemporaryFolder temporary = new();
        OnnxFile.Write(temporary.At("model.onnx"), TestModels.Preset());
        using TextGenerator generator = TextGenerator.Open(temporary.At("model.onnx"), new ByteTokenizer(), 48);
        GenerationOptions options = new() { MaxTokens = 40, Temperature = 2, Seed = 4 };
        string[] pieces = [.. generator.Generate("ab", "aa", options)];
        int[] ids = [.. generator.GenerateIds([259, 'a', 'b'], options)];
        Assert.That(string.Concat(pieces), Is.EqualTo(new ByteTokenizer().Decode(ids)));
        Assert.That(ids, Is.All.LessThan(256));
    }

    [Test]
    public void Generate_UnknownLanguage_SaysSo()
    {
        using TextGenerator generator = TextGenerator.Open(TestModels.File("text-generation-gpt2"), new ByteTokenizer(), 128);
        Assert.That(Assert.Throws<InputException>(() => generator.Generate("x", "qq"))!.Message, Does.Contain("'qq'"));
    }

    [TestCase(-0.1, 0, 1.0, "temperature")]
    [TestCase(1.0, -1, 1.0, "top-k")]
    [TestCase(1.0, 0, 0.0, "top-p")]
    public void Generate_OptionOutOfRange_NamesIt(double temperature, int topK, double topP, string expected)
    {
        using TextGenerator generator = TextGenerator.Open(TestModels.File("text-generation-gpt2"), new ByteTokenizer(), 128);
        GenerationOptions options = new() { Temperature = temperature, TopK = topK, TopP = topP };
        Assert.That(Assert.Throws<InputException>(() => generator.GenerateIds([1], options))!.Message, Does.StartWith(expected));
    }
}
