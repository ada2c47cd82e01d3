using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Tokenizers of real models, in folders too large for the repository.</summary>
public sealed class ModelFolderTests
{
    [Test]
    public void Encode_TextsOfMiniLm_GivesTheReferenceIds()
    {
        string folder = TestFolders.Shared("minilm");
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        string[] texts = [.. JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "texts.json")))!["embed"]!.AsArray().Select(text => (string)text!)];
        long[] reference = ReadIds(Path.Combine(folder, "reference.safetensors"), "embed.input_ids");
        int width = reference.Length / texts.Length;

        long[] ids = [.. texts.SelectMany(text => Padded(tokenizer.Encode(text, new TextEncodeOptions { MaxLength = width }), width, tokenizer.PadId))];

        Assert.That(ids, Is.EqualTo(reference));
    }

    [TestCase("feature-extraction")]
    [TestCase("fill-mask")]
    [TestCase("text-classification")]
    [TestCase("text-generation-gpt2")]
    [TestCase("text-generation-llama")]
    [TestCase("genai-llama")]
    public void Encode_GoldenInput_GivesItsIds(string name)
    {
        string folder = TestFolders.Shared("hf-layout", name);
        JsonNode golden = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")))!;

        TextEncoding encoding = TextTokenizer.Load(folder).Encode((string)golden["input"]!);

        Assert.That(encoding.Ids, Is.EqualTo(golden["input_ids"]!.AsArray().Select(id => (int)id!)));
        if (golden["output_ids"] is JsonArray output)
            Assert.That(TextTokenizer.Load(folder).Decode([.. output.Select(id => (int)id!)]), Is.EqualTo((string?)golden["output_text"]));
    }

    [Test]
    public void Encode_WholeMiniLm_CutsAtItsLimitAndKeepsTheEnd()
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Shared("minilm-full"));
        string text = string.Join(' ', Enumerable.Repeat("word", 500));

        TextEncoding byDefault = tokenizer.Encode(text), longer = tokenizer.Encode(text, new TextEncodeOptions { MaxLength = 300 });

        Assert.That((byDefault.Ids.Count, byDefault.Ids[0], byDefault.Ids[^1], byDefault.IsTruncated), Is.EqualTo((128, 101, 102, true)));
        Assert.That((longer.Ids.Count, longer.Ids[^1]), Is.EqualTo((300, 102)));
        Assert.That(tokenizer.Encode(text, new TextEncodeOptions { MaxLength = int.MaxValue }).Ids, Has.Count.EqualTo(502));
    }

    [Test]
    public void Encode_MultilingualE5_CoversItsTextsWithoutUnknown()
    {
        string folder = TestFolders.Shared("e5-multilingual-small-q4");
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        foreach (JsonNode? text in JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "reference.json")))!["texts"]!.AsArray())
        {
            TextEncoding encoding = tokenizer.Encode("query: " + (string)text!);
            Assert.That((encoding.Ids[0], encoding.Ids[^1]), Is.EqualTo((0, 2)));
            Assert.That(encoding.Ids, Does.Not.Contain(tokenizer.UnknownId));
            Assert.That(tokenizer.Decode(encoding.Ids), Is.EqualTo("query: " + (string)text!));
        }
    }

    [TestCase("spm-bpe")]
    [TestCase("spm-unigram")]
    public void Encode_SentencePieceModel_GivesTheGoldenIdsPiecesAndText(string name)
    {
        string folder = TestFolders.Shared("tokenizers", name);
        TextTokenizer tokenizer = TextTokenizer.Load(Path.Combine(folder, "tokenizer.model"));
        foreach (string line in File.ReadLines(Path.Combine(folder, "golden.jsonl")))
        {
            JsonNode golden = JsonNode.Parse(line)!;
            TextEncoding encoding = tokenizer.Encode((string)golden["text"]!);
            Assert.That(encoding.Ids, Is.EqualTo(golden["ids"]!.AsArray().Select(id => (int)id!)), line);
            if (golden["pieces"] is JsonArray pieces) Assert.That(encoding.Tokens, Is.EqualTo(pieces.Select(piece => (string)piece!)), line);
            Assert.That(tokenizer.Decode(encoding.Ids), Is.EqualTo((string?)golden["decoded"]), line);
        }
    }

    private static IEnumerable<long> Padded(TextEncoding encoding, int width, int padId) =>
        encoding.Ids.Select(id => (long)id).Concat(Enumerable.Repeat((long)padId, width - encoding.Ids.Count));

    private static long[] ReadIds(string path, string name)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        JsonNode entry = JsonNode.Parse(file.AsSpan(8, header))![name]!;
        int start = 8 + header + (int)entry["data_offsets"]![0]!, end = 8 + header + (int)entry["data_offsets"]![1]!;
        int size = (string?)entry["dtype"] == "I64" ? 8 : 4;
        return [.. Enumerable.Range(0, (end - start) / size).Select(i => size == 8
            ? BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(start + (i * 8)))
            : BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(start + (i * 4))))];
    }
}
