using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class AddedTokenTests
{
    [TestCase("", "a<x>b", "a:0-1|<x>:1-4|b:4-5")]
    [TestCase(""","lstrip":true""", "a \t<x> b", "a:0-1| \t<x>:1-6| b:6-8")]
    [TestCase(""","rstrip":true""", "a <x> \nb", "a :0-2|<x> \n:2-7|b:7-8")]
    [TestCase(""","lstrip":true,"rstrip":true""", " <x> <x> ", " <x> :0-5|<x> :5-9")]
    [TestCase(""","single_word":true""", "a<x>b <x> é<x> <x>_ <x>", "a<x>b :0-6|<x>:6-9| é<x> <x>_ :9-20|<x>:20-23")]
    [TestCase("", "😀<x>", "😀:0-1|<x>:1-4")]
    [TestCase("", "<<x><x", "<:0-1|<x>:1-4|<x:4-6")]
    public void Cut_AddedToken_TakesItsPlace(string flags, string text, string expected)
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(addedTokens: $$"""[{"id":5,"content":"<x>","special":true{{flags}}}]""");
        Assert.That(string.Join('|', tokenizer.Cut(text).Select(piece => $"{piece.Piece}:{piece.Start}-{piece.End}")), Is.EqualTo(expected));
    }

    [Test]
    public void Encode_OverlappingTokens_TakesTheLongest()
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(addedTokens: """[{"id":1,"content":"ab"},{"id":2,"content":"abc"},{"id":3,"content":"bcd"}]""");
        Assert.That(tokenizer.Encode("abcdab").Ids, Is.EqualTo(new[] { 2, 0, 1 }));
    }

    [TestCase(true, "YESTERDAY", 0)]
    [TestCase(true, "yesterday", 0)]
    [TestCase(false, "Yesterday", 0)]
    public void Encode_NormalizedToken_IsFoundInNormalizedText(bool normalized, string text, int place)
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(normalizer: """{"type":"Lowercase"}""",
            addedTokens: $$"""[{"id":1,"content":"Yesterday","normalized":{{(normalized ? "true" : "false")}}}]""");
        Assert.That(tokenizer.Encode(text).Ids[place], Is.EqualTo(1));
        if (!normalized) Assert.That(tokenizer.Encode(text.ToUpperInvariant()).Ids, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void Encode_SpecialTokensAsText_AreNotRecognised()
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(addedTokens: """[{"id":1,"content":"<s>","special":true},{"id":2,"content":"<plain>","special":false,"normalized":false}]""");
        List<int> ids = [];
        tokenizer.Encode("<s><plain>".AsSpan(), ids);

        Assert.That(ids, Is.EqualTo(new[] { 0, 2 }));
        Assert.That(tokenizer.Encode("<s><plain>", new TextEncodeOptions { RecognizeSpecialTokens = false }).Ids, Is.EqualTo(ids));
        Assert.That(tokenizer.Encode("<s><plain>").Ids, Is.EqualTo(new[] { 1, 2 }));
        Assert.That((tokenizer.Decode([1, 2, 77]), tokenizer.Decode([1, 2], skipSpecialTokens: false)), Is.EqualTo(("<plain>", "<s> <plain>")));
    }

    [Test]
    public void Ids_TokensBeyondTheModel_FollowItWhateverTheFileSays()
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(addedTokens: """[{"id":9,"content":"<lang:de>","special":true}]""");
        Assert.That((tokenizer.VocabularySize, tokenizer.TextVocabularySize, tokenizer.LanguageTagId("de"), tokenizer.Id("<lang:de>")), Is.EqualTo((2, 1, 1, 1)));
    }
}
