using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers;

public class TokenizerFileTests
{
    private static readonly BpeModel Small = BpeTrainer.Train(UdhrLines.Of("valid").Take(400),
        new BpeTrainerOptions { VocabularySize = 320, LanguageTags = ["zh-Hans", "aa"] });

    private static string Fixture => TestFolders.Fixture("tokenizers", "bytelevel-bpe");

    [Test]
    public void Load_HuggingFacesFile_GivesTheGoldenIdsAndText()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(Fixture);
        int lines = 0;
        foreach (string line in File.ReadLines(Path.Combine(Fixture, "golden.jsonl")))
        {
            JsonNode golden = JsonNode.Parse(line)!;
            IReadOnlyList<int> ids = tokenizer.Encode((string)golden["text"]!).Ids;
            Assert.That(ids, Is.EqualTo(golden["ids"]!.AsArray().Select(id => (int)id!)), line);
            Assert.That(tokenizer.Decode(ids), Is.EqualTo((string?)golden["decoded"]), line);
            lines++;
        }
        Assert.That(lines, Is.EqualTo(400));
        Assert.That(tokenizer.EndId, Is.Zero);
    }

    [TestCase("gpt2")]
    [TestCase("words")]
    public void Load_SavedTokenizer_IsTheSame(string pattern)
    {
        BpeModel model = BpeTrainer.Train(UdhrLines.Of("valid").Take(400), new BpeTrainerOptions
        {
            VocabularySize = 320,
            LanguageTags = ["zh-Hans", "aa"],
            Pattern = pattern == "gpt2" ? WordPattern.Gpt2 : WordPattern.Words,
        });
        using TemporaryFolder folder = new();
        HuggingFaceTokenizer.Save(model, folder.Path, 256);

        TextTokenizer loaded = TextTokenizer.Load(folder.Path);

        Assert.That(loaded.ContentHash, Is.EqualTo(new ByteLevelBpeTokenizer(model).ContentHash));
        Assert.That((loaded.PadId, loaded.BeginId, loaded.EndId, loaded.TextVocabularySize), Is.EqualTo((0, 1, 2, 320)));
        Assert.That(loaded.LanguageTagId("aa"), Is.EqualTo(321));
    }

    [Test]
    public void Save_Config_NamesRolesAndLength()
    {
        using TemporaryFolder folder = new();
        HuggingFaceTokenizer.Save(Small, folder.Path, 256);

        JsonNode config = JsonNode.Parse(File.ReadAllText(folder.File("tokenizer_config.json")))!;
        Assert.That((string?)config["tokenizer_class"], Is.EqualTo("PreTrainedTokenizerFast"));
        Assert.That((string?)config["bos_token"] + config["eos_token"] + config["pad_token"], Is.EqualTo("<bos><eos><pad>"));
        Assert.That(((int)config["model_max_length"]!, (bool)config["clean_up_tokenization_spaces"]!), Is.EqualTo((256, false)));
    }

    [TestCase("normalizer", "{\"type\":\"Odd\"}", "Odd")]
    [TestCase("decoder", "{\"type\":\"Metaspace\"}", "replacement")]
    [TestCase("pre_tokenizer", "[]", "pre-tokenizer")]
    [TestCase("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\X\"}}", "\\X")]
    [TestCase("post_processor", "{\"type\":\"BertProcessing\"}", "cls")]
    [TestCase("model.dropout", "0.1", "dropout")]
    [TestCase("model", "[]", "\"model\"")]
    [TestCase("model.vocab", "null", "model.vocab")]
    [TestCase("model.vocab", "{}", "merge 0")]
    [TestCase("model.vocab.!", "2147483647", "2147483647")]
    [TestCase("model.vocab.!", "1e300", "1e300")]
    [TestCase("model.vocab.!", "-1", "-1")]
    [TestCase("model.vocab.!", "\"7\"", "\"7\"")]
    [TestCase("model.vocab.!", "5", "id 5")]
    [TestCase("model.merges", "[\"qq zz\"]", "qq")]
    [TestCase("model.merges", "[\"qq\"]", "merge 0")]
    [TestCase("model.merges", "[[\"a\", 3]]", "merge 0")]
    [TestCase("added_tokens", "[{\"id\":0}]", "added token")]
    public void Load_OddPart_NamesIt(string path, string value, string named)
    {
        using TemporaryFolder folder = new();
        string file = Changed(folder, path, value);

        Assert.That(() => TextTokenizer.Load(file), Throws.TypeOf<InputException>().With.Message.Contains(named).And.Message.Contains(file).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Load_TokenTwiceOrHalfPair_SaysSo()
    {
        using TemporaryFolder folder = new();
        string text = File.ReadAllText(Changed(folder, "truncation", "null"));
        string twice = folder.Write("twice.json", text.Replace("\"<pad>\":0", "\"<pad>\":0,\"<pad>\":400", StringComparison.Ordinal));
        string half = folder.Write("half.json", text.Replace("\"<pad>\"", "\"\\ud800\"", StringComparison.Ordinal));

        Assert.That(() => TextTokenizer.Load(twice), Throws.TypeOf<InputException>().With.Message.Contains("<pad>"));
        Assert.That(() => TextTokenizer.Load(half), Throws.TypeOf<InputException>().With.Message.Contains("Unicode"));
    }

    [Test]
    public void Load_CutAnywhere_IsOneLine()
    {
        using TemporaryFolder folder = new();
        HuggingFaceTokenizer.Save(Small, folder.Path, 256);
        byte[] whole = File.ReadAllBytes(folder.File("tokenizer.json"));
        Gen.Int[0, whole.Length - 3].Sample(length =>
        {
            string file = folder.Write("cut.json", whole[..length]);
            Assert.That(() => TextTokenizer.Load(file), Throws.TypeOf<InputException>().With.Message.Not.Contains("\n"));
        }, iter: 60, threads: 1);
    }

    [Test]
    public void Load_RandomlyDamaged_LoadsOrIsOneLine()
    {
        using TemporaryFolder folder = new();
        HuggingFaceTokenizer.Save(Small, folder.Path, 256);
        byte[] whole = File.ReadAllBytes(folder.File("tokenizer.json"));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 4].Sample(damage =>
        {
            byte[] bytes = [.. whole];
            foreach ((int at, byte value) in damage) bytes[at] = value;
            string file = folder.Write("damaged.json", bytes);
            try
            {
                TextTokenizer.Load(file).Encode("some text", []);
            }
            catch (InputException e)
            {
                Assert.That(e.Message, Does.Not.Contain("\n"));
            }
        }, iter: 300, threads: 1);
    }

    [Test]
    public void Load_MissingFile_SaysSo() => Assert.That(() => TextTokenizer.Load("no-such-tokenizer.json"), Throws.TypeOf<InputException>().With.Message.Contains("no-such-tokenizer.json"));

    private static string Changed(TemporaryFolder folder, string path, string value)
    {
        HuggingFaceTokenizer.Save(Small, folder.Path, 256);
        JsonNode root = JsonNode.Parse(File.ReadAllText(folder.File("tokenizer.json")))!;
        string[] keys = path.Split('.');
        JsonNode owner = keys[..^1].Aggregate(root, (node, key) => node[key]!);
        owner[keys[^1]] = JsonNode.Parse(value);
        return folder.Write("tokenizer.json", root.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }
}
