using System.Text;
using System.Text.Json.Nodes;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Folders without tokenizer.json.</summary>
public sealed class ClassicFilesTests
{
    [Test]
    public void Load_VocabularyAndMerges_GivesTheGoldenIdsAndText() => AssertGolden("bytelevel-bpe", folder =>
    {
        JsonNode model = Tokenizer("bytelevel-bpe")["model"]!;
        folder.Write("vocab.json", model["vocab"]!.ToJsonString());
        folder.Write("merges.txt", "#version: 0.2\n" + string.Join('\n', model["merges"]!.AsArray().Select(merge => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)merge!)) + "\n");
    });

    [Test]
    public void Load_WordList_GivesTheGoldenIdsAndText() => AssertGolden("wordpiece", WriteWords);

    [Test]
    public void Load_WordListOfAnUncasedModel_LowersCase()
    {
        using TemporaryFolder folder = new();
        WriteWords(folder);
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"BertTokenizerFast","do_lower_case":true}""");

        TextTokenizer tokenizer = TextTokenizer.Load(folder.Path);

        Assert.That(tokenizer.Encode("The É").Ids, Is.EqualTo(tokenizer.Encode("the e").Ids));
    }

    [Test]
    public void Load_MergesWithRoles_KeepsSpecialTokensAndClass()
    {
        using TemporaryFolder folder = new();
        WriteBytes(folder);
        folder.Write("special_tokens_map.json", """{"bos_token":"<s>","eos_token":{"content":"</s>"},"cls_token":"<s>","sep_token":"</s>"}""");
        folder.Write("tokenizer_config.json", """{"tokenizer_class":"RobertaTokenizer"}""");

        TextTokenizer tokenizer = TextTokenizer.Load(folder.Path);

        Assert.That(tokenizer.Encode("a", "</s>").Tokens, Is.EqualTo(new[] { "<s>", "a", "</s>", "</s>", "</s>", "</s>" }));
        Assert.That((tokenizer.BeginId, tokenizer.EndId), Is.EqualTo((256, 257)));
    }

    [TestCase("OddTokenizer", "vocab.json", "OddTokenizer")]
    [TestCase("OddTokenizer", "vocab.txt", "OddTokenizer")]
    [TestCase("GPT2Tokenizer", "nothing", "tokenizer.json, vocab.json")]
    public void Load_UnknownClassOrEmptyFolder_NamesIt(string name, string file, string named)
    {
        using TemporaryFolder folder = new();
        if (file == "vocab.json") WriteBytes(folder);
        if (file == "vocab.txt") WriteWords(folder);
        folder.Write("tokenizer_config.json", $$"""{"tokenizer_class":"{{name}}"}""");

        Assert.That(() => TextTokenizer.Load(folder.Path), Throws.TypeOf<InputException>().With.Message.Contains(named).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Load_VocabularyWithoutMerges_SaysSo()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("vocab.json", "{}");

        Assert.That(() => TextTokenizer.Load(file), Throws.TypeOf<InputException>().With.Message.Contains("merges.txt"));
    }

    private static void WriteBytes(TemporaryFolder folder)
    {
        JsonObject ids = [];
        for (int b = 0; b < 256; b++) ids[Data.Tokenizers.ByteAlphabet.Character((byte)b).ToString()] = b;
        (ids["<s>"], ids["</s>"]) = (256, 257);
        folder.Write("vocab.json", ids.ToJsonString());
        folder.Write("merges.txt", "#version: 0.2\n");
    }

    private static void WriteWords(TemporaryFolder folder) => folder.Write("vocab.txt",
        string.Concat(Tokenizer("wordpiece")["model"]!["vocab"]!.AsObject().OrderBy(entry => (int)entry.Value!).Select(entry => entry.Key + "\n")));

    private static JsonNode Tokenizer(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(TestFolders.Fixture("tokenizers", name), "tokenizer.json"), Encoding.UTF8))!;

    private static void AssertGolden(string name, Action<TemporaryFolder> write)
    {
        using TemporaryFolder folder = new();
        write(folder);
        TextTokenizer tokenizer = TextTokenizer.Load(folder.Path);
        foreach (string line in File.ReadLines(Path.Combine(TestFolders.Fixture("tokenizers", name), "golden.jsonl")))
        {
            JsonNode golden = JsonNode.Parse(line)!;
            TextEncoding encoding = tokenizer.Encode((string)golden["text"]!);
            Assert.That(encoding.Ids, Is.EqualTo(golden["ids"]!.AsArray().Select(id => (int)id!)), line);
            if (golden["offsets"] is JsonArray offsets) Assert.That(encoding.Offsets, Is.EqualTo(offsets.Select(pair => ((int)pair![0]!, (int)pair[1]!))), line);
            Assert.That(tokenizer.Decode(encoding.Ids), Is.EqualTo((string?)golden["decoded"]), line);
        }
    }
}
