using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokenizers.Unigram;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers;

public sealed class LanguageTagTokensTests
{
    private static readonly (string Language, string Text)[] Texts = [.. Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? "en" : "de", $"a short text of {i} words, ein kurzer Text"))];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Extend_NewLanguages_AppendsTagsAndKeepsEveryId([Values] bool unigram)
    {
        string old = _folder.File("old"), extended = _folder.File("new");
        if (unigram) HuggingFaceTokenizer.Save(UnigramTrainer.Train(Texts, new UnigramTrainerOptions { VocabularySize = 320, LanguageTags = ["de", "en"] }), old, 64);
        else HuggingFaceTokenizer.Save(BpeTrainer.Train(Texts, new BpeTrainerOptions { VocabularySize = 280, LanguageTags = ["de", "en"] }), old, 64);
        LanguageTagTokens.Extend(Path.Combine(old, "tokenizer.json"), Path.Combine(old, "tokenizer_config.json"), ["tr", "en", "ar"], extended, 128);
        TextTokenizer before = TextTokenizer.Load(old), after = TextTokenizer.Load(extended);
        Assert.That((after.TextVocabularySize, after.VocabularySize), Is.EqualTo((before.TextVocabularySize, before.VocabularySize + 2)));
        Assert.That(((string[])["de", "en", "ar", "tr"]).Select(after.LanguageTagId), Is.EqualTo(new int?[] { before.LanguageTagId("de"), before.LanguageTagId("en"), before.VocabularySize, before.VocabularySize + 1 }));
        List<int> one = [], other = [];
        before.Encode("ein Text of words <lang:ar>", one);
        after.Encode("ein Text of words <lang:ar>", other);
        Assert.That(other, Is.EqualTo(one), "a tag written out is text");
        Assert.That(File.ReadAllText(Path.Combine(extended, "tokenizer_config.json")), Does.Contain("128"));
    }

    [Test]
    public void Extend_DamagedFile_NamesIt()
    {
        string path = _folder.Write("tokenizer.json", "{");
        Assert.That(() => LanguageTagTokens.Extend(path, path, ["en"], _folder.File("new"), 8), Throws.TypeOf<InputException>().With.Message.Contains("tokenizer.json"));
    }
}
