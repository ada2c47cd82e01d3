using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class LanguageTagTests
{
    [TestCase("en", true)]
    [TestCase("zh-Hant-TW", true)]
    [TestCase("ca-valencia", true)]
    [TestCase("x-klingon", true)]
    [TestCase("de-1996", true)]
    [TestCase("", false)]
    [TestCase("e", false)]
    [TestCase("x", false)]
    [TestCase("en-", false)]
    [TestCase("-en", false)]
    [TestCase("en_US", false)]
    [TestCase("12-en", false)]
    [TestCase("portuguese-of-brazil", false)]
    [TestCase("día", false)]
    public void IsWellFormed_Tag_ChecksTheForm(string tag, bool expected) => Assert.That(LanguageTag.IsWellFormed(tag), Is.EqualTo(expected));

    [Test]
    public void Resolve_OtherCase_GivesTheSpellingOfTheCorpus() =>
        Assert.That(LanguageTag.Resolve(["PT-br", " en "], ["en", "pt-BR"], "languages.list"), Is.EqualTo(new[] { "pt-BR", "en" }));

    [TestCase("sr-Crl", "the language 'sr-Crl' is not in the corpus; did you mean 'sr-Cyrl'?")]
    [TestCase("not a tag", "'not a tag' is no language tag and not in the corpus; there are: en, sr-Cyrl")]
    public void Resolve_Unknown_NamesTheNearest(string tag, string expected) =>
        Assert.That(() => LanguageTag.Resolve(["en", tag], ["en", "sr-Cyrl"], "languages.list"),
            Throws.TypeOf<InputException>().With.Message.EqualTo("languages.list: " + expected));
}
