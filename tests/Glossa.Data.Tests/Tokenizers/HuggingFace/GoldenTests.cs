using System.Text.Json.Nodes;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Encodings of Hugging Face's library, in 65 languages and of nasty and random strings.</summary>
public sealed class GoldenTests
{
    [TestCase("bytelevel-bpe")]
    [TestCase("wordpiece")]
    [TestCase("unigram")]
    public void Encode_GoldenTexts_GivesIdsTokensOffsetsAndText(string name)
    {
        string folder = TestFolders.Fixture("tokenizers", name);
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        int lines = 0;
        foreach (string line in File.ReadLines(Path.Combine(folder, "golden.jsonl")))
        {
            JsonNode golden = JsonNode.Parse(line)!;
            TextEncoding encoding = tokenizer.Encode((string)golden["text"]!);
            Assert.That(encoding.Ids, Is.EqualTo(golden["ids"]!.AsArray().Select(id => (int)id!)), line);
            if (golden["tokens"] is JsonArray tokens) Assert.That(encoding.Tokens, Is.EqualTo(tokens.Select(token => (string)token!)), line);
            if (golden["offsets"] is JsonArray offsets) Assert.That(encoding.Offsets, Is.EqualTo(offsets.Select(pair => ((int)pair![0]!, (int)pair[1]!))), line);
            if (golden["plain_ids"] is JsonArray plain)
                Assert.That(tokenizer.Encode((string)golden["text"]!, new TextEncodeOptions { AddSpecialTokens = false }).Ids, Is.EqualTo(plain.Select(id => (int)id!)), line);
            Assert.That(tokenizer.Decode(encoding.Ids), Is.EqualTo((string?)golden["decoded"]), line);
            lines++;
        }
        Assert.That(lines, Is.EqualTo(400));
    }
}
