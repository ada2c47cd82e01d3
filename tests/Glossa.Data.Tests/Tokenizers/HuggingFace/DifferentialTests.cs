using System.IO.Compression;
using System.Text.Json.Nodes;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Encodings of synthetic tokenizers by the libraries themselves: tokenizers 0.23.2 over random parts and flags, and sentencepiece 0.1.97.</summary>
public sealed class DifferentialTests
{
    [Test]
    public void Encode_RandomTokenizers_EqualsTheLibrary()
    {
        using TemporaryFolder folder = new();
        using StreamReader reader = new(new GZipStream(File.OpenRead(TestFolders.Fixture("tokenizers", "differential.jsonl.gz")), CompressionMode.Decompress));
        int tokenizers = 0;
        while (reader.ReadLine() is string line)
        {
            JsonNode record = JsonNode.Parse(line)!;
            string json = (string)record["json"]!;
            TextTokenizer tokenizer = TextTokenizer.Load(folder.Write("tokenizer.json", json));
            foreach (JsonNode? golden in record["cases"]!.AsArray()) AssertEqual(tokenizer, golden!, json);
            tokenizers++;
        }
        Assert.That(tokenizers, Is.EqualTo(160));
    }

    [TestCase("unigram-symbols")]
    [TestCase("bpe-symbols")]
    [TestCase("unigram-suffix")]
    [TestCase("char-plain")]
    public void Encode_SentencePieceFlags_EqualsTheLibrary(string name)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Fixture("tokenizers", "spm", name + ".model"));
        foreach (string line in File.ReadLines(TestFolders.Fixture("tokenizers", "spm", name + ".jsonl")))
        {
            JsonNode golden = JsonNode.Parse(line)!;
            int[] expected = [.. golden["ids"]!.AsArray().Select(id => (int)id!)];
            List<int> ids = [];
            tokenizer.Encode((string)golden["text"]!, ids);
            Assert.That(ids, Is.EqualTo(expected), line);
            Assert.That(tokenizer.Encode((string)golden["text"]!).Ids, Is.EqualTo(expected), line);
            Assert.That(tokenizer.Decode(ids), Is.EqualTo((string?)golden["decoded"]), line);
        }
    }

    private static void AssertEqual(TextTokenizer tokenizer, JsonNode golden, string json)
    {
        string text = (string)golden["text"]!, what = $"{golden["text"]!.ToJsonString()} with {json}";
        TextEncoding encoding = tokenizer.Encode(text, (string?)golden["pair"], new TextEncodeOptions { AddSpecialTokens = (bool)golden["add"]! });
        Assert.That(encoding.Ids, Is.EqualTo(golden["ids"]!.AsArray().Select(id => (int)id!)), what);
        Assert.That(encoding.Tokens, Is.EqualTo(golden["tokens"]!.AsArray().Select(token => (string)token!)), what);
        Assert.That(encoding.Offsets, Is.EqualTo(golden["offsets"]!.AsArray().Select(pair => ((int)pair![0]!, (int)pair[1]!))), what);
        Assert.That(encoding.TypeIds, Is.EqualTo(golden["types"]!.AsArray().Select(id => (int)id!)), what);
        Assert.That(encoding.SpecialTokensMask, Is.EqualTo(golden["mask"]!.AsArray().Select(id => (int)id!)), what);
        Assert.That(tokenizer.Decode(encoding.Ids), Is.EqualTo((string?)golden["decoded"]), what);
        Assert.That(tokenizer.Decode(encoding.Ids, skipSpecialTokens: false), Is.EqualTo((string?)golden["whole"]), what);
        List<int> ids = [];
        tokenizer.Encode(text, ids);
        Assert.That(ids, Is.EqualTo(tokenizer.Encode(text, new TextEncodeOptions { AddSpecialTokens = false, RecognizeSpecialTokens = false, MaxLength = int.MaxValue }).Ids), what);
    }
}
