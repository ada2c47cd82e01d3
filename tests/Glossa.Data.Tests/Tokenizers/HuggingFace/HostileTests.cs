using System.Diagnostics;
using System.Text;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Input that is meant to hang or break the reader or the encoder.</summary>
public sealed class HostileTests
{
    private static readonly string[] Runs = ["a", " ", "\u0301", "\u0E01", "<", "▁"];

    [TestCase("wordpiece")]
    [TestCase("unigram")]
    [TestCase("bytelevel-bpe")]
    [TestCase("spm/unigram-symbols.model")]
    [TestCase("spm/bpe-symbols.model")]
    public void Encode_MillionIdenticalCharacters_IsNotQuadratic(string name)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Fixture("tokenizers", name));
        Stopwatch watch = Stopwatch.StartNew();
        List<int> ids = [];
        foreach (string run in Runs)
        {
            ids.Clear();
            tokenizer.Encode(new StringBuilder().Insert(0, run, 1_000_000).ToString(), ids);
        }
        // A quadratic way takes minutes for one of them.
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
    }

    [TestCase("wordpiece")]
    [TestCase("unigram")]
    [TestCase("bytelevel-bpe")]
    public void Encode_TenMegabytesWithoutASpace_IsNotQuadratic(string name)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(TestFolders.Fixture("tokenizers", name));
        Stopwatch watch = Stopwatch.StartNew();
        List<int> ids = [];
        tokenizer.Encode(new StringBuilder().Insert(0, "abcdefghijklmnopqrstuvwxy", 400_000).ToString(), ids);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
    }

    // A merge with an empty second half gives its first half again; both orders of two tokens; a merge of itself.
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"##":1,"##a":2},"merges":[["a","##"],["a","##a"]],"continuing_subword_prefix":"##"}}""", "aa")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"ba":3},"merges":["a b","b a"]}}""", "vocab")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}""", "twice")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":1,"b":1},"merges":[]}}""", "id 1")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]}}""", "99999999999")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "-1")]
    [TestCase("""{"model":{"type":"BPE","vocab":[],"merges":{}}}""", "model.vocab")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":-7,"content":"x"}]}""", "-7")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[7]}""", "added token")]
    [TestCase("""{"model":{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}}""", "entry 0")]
    [TestCase("""{"model":{"type":"Unigram","vocab":"a"}}""", "vocab")]
    public void Load_HostileModel_LoadsOrIsOneLine(string json, string named)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("tokenizer.json", json);
        try
        {
            TextTokenizer.Load(file).Encode("ababaa");
        }
        catch (InputException e)
        {
            Assert.That(e.Message, Does.Contain(named).Or.Contains("token").And.Not.Contains("\n"));
        }
    }

    [Test]
    public void Load_DeepNesting_IsOneLine()
    {
        using TemporaryFolder folder = new();
        string deep = string.Concat(Enumerable.Repeat("""{"type":"Sequence","normalizers":[""", 5_000)) + string.Concat(Enumerable.Repeat("]}", 5_000));
        string file = folder.Write("tokenizer.json", $$"""{"normalizer":{{deep}},"model":{{TokenizerOf.AnyWord}}}""");

        Assert.That(() => TextTokenizer.Load(file), Throws.TypeOf<InputException>().With.Message.Not.Contains("\n"));
    }
}
