using System.Text.Json;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class DecoderTests
{
    [TestCase("""{"type":"WordPiece","prefix":"##","cleanup":false}""", "##uelo|Ara|##új|##o|No|##guera", "##uelo Araújo Noguera")]
    [TestCase("""{"type":"WordPiece","prefix":"##","cleanup":true}""", "do|n't|go|,|it|'s|me|!", "don't go, it's me!")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁Hey|▁friend|!", "Hey friend!")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "▁Hey|▁friend|!", " Hey friend!")]
    [TestCase("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "▁Hey", " Hey")]
    [TestCase("""{"type":"BPEDecoder","suffix":"</w>"}""", "he|y</w>|you</w>", "hey you")]
    [TestCase("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""", "▁▁Hey|▁|<0xE5>|<0x8F>|<0xab>", " Hey 叫")]
    [TestCase("""{"type":"ByteFallback"}""", "<0xE5>|<0x8f>|a|<0x61>", "\uFFFD\uFFFDaa")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":"[aeiou]"},"content":"-"}""", "hello|you", "h-ll-y--")]
    [TestCase("""{"type":"Strip","content":"H","start":1,"stop":0}""", "Hey| friend!|HHH", "ey friend!HH")]
    [TestCase("""{"type":"Strip","content":"y","start":0,"stop":1}""", "Hey|yy", "Hey")]
    [TestCase("""{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}""", "h|h|e|<pad>|l|l|<pad>|l|o", "hello")]
    [TestCase("""{"type":"ByteLevel"}""", "Hello|Ġ|Ã|©|字", "Hello é字")]
    [TestCase("null", "a|b", "a b")]
    public void Decode_Tokens_GivesText(string decoder, string tokens, string expected)
    {
        string[] list = tokens.Split('|');
        string[] distinct = [.. list.Distinct()];
        string model = TokenizerOf.Model("WordLevel", ""","unk_token":"?" """, distinct);

        string text = TokenizerOf.Parts(model, decoder: decoder).Decode([.. list.Select(token => Array.IndexOf(distinct, token))]);

        Assert.That(text, Is.EqualTo(expected));
    }

    [TestCase("""{"type":"Strip","content":"ab","start":1,"stop":0}""", "one character")]
    [TestCase("""{"type":"Other"}""", "Other")]
    public void Load_BadDecoder_NamesIt(string decoder, string named) =>
        Assert.That(() => TokenizerOf.Parts(decoder: decoder), Throws.TypeOf<InputException>().With.Message.Contains(named));

    [Test]
    public void Load_PartsOfNoKnownType_AreNamed()
    {
        Assert.That(() => TokenizerOf.Parts(normalizer: """{"type":"Shout"}"""), Throws.TypeOf<InputException>().With.Message.Contains("the normalizer \"Shout\""));
        Assert.That(() => TokenizerOf.Parts(preTokenizer: """{"type":"Sequence","pretokenizers":[{"type":"Chop"}]}"""), Throws.TypeOf<InputException>().With.Message.Contains("the pre-tokenizer \"Chop\""));
        Assert.That(() => TokenizerOf.Parts(normalizer: """{"type":"Precompiled","precompiled_charsmap":"AAAA/w=="}"""), Throws.TypeOf<InputException>());
        Assert.That(() => TokenizerOf.Parts(normalizer: $$"""{"type":"Precompiled","precompiled_charsmap":{{JsonSerializer.Serialize("no base64!")}}}"""), Throws.TypeOf<InputException>().With.Message.Contains("base64"));
    }
}
