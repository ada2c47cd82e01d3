using Glossa.Data.Languages;
using NUnit.Framework;

namespace Glossa.Data.Tests.Languages;

public sealed class ScriptDetectorTests
{
    [TestCase("", null)]
    [TestCase("123 ... !?", null)]
    [TestCase("Всички хора се раждат свободни (all)", "Cyrl")]
    [TestCase("すべての人間は、生まれながらにして自由であり", "Jpan")]
    [TestCase("人人生而自由,在尊严和权利上一律平等", "Hani")]
    [TestCase("모든 인간은 태어날 때부터 자유로우며", "Kore")]
    [TestCase("\U0001E900\U0001E923", "Adlm")]
    public void Detect_ShortText_NamesTheScript(string text, string? expected) =>
        Assert.That(ScriptDetector.Detect([text]), Is.EqualTo(expected));

    [Test]
    public void Detect_EveryLanguageOfTheUdhr_AgreesWithTheTable()
    {
        LanguageTable table = LanguageTable.Load(UdhrTexts.ShippedPath("languages.csv"));
        List<string> differences = [];
        foreach ((string tag, UdhrLanguage texts) in UdhrTexts.All)
        {
            string? detected = ScriptDetector.Detect(texts.Train);
            string? expected = table.Find(tag)!.Script;
            if (expected is not null && detected != expected) differences.Add($"{tag}: {detected} instead of {expected}");
        }
        Assert.That(differences, Is.Empty);
        Assert.That(ScriptDetector.Detect(UdhrTexts.All["kkh-Lana"].Train), Is.EqualTo("Lana"));
        Assert.That(ScriptDetector.Detect(UdhrTexts.All["sa-Gran"].Train), Is.EqualTo("Gran"));
    }

    [Test]
    public void Detect_LimitReached_LooksNoFurther() =>
        Assert.That(ScriptDetector.Detect(["abc", "где где где"], maxCharacters: 3), Is.EqualTo("Latn"));
}
