using Glossa.Data.Languages.Selection;
using NUnit.Framework;

namespace Glossa.Data.Tests.Languages.Selection;

public sealed class CharacterProfilesTests
{
    [Test]
    public void Cosines_SameAndForeignText_AreOneAndNearZero()
    {
        // Five languages: one tile of four rows and one of a single row.
        CharacterProfiles profiles = Build("all people are born free", "всички хора се раждат свободни",
            "ALL PEOPLE: are... born; free!", "alle menschen sind frei geboren", "all people are born free");
        float[,] cosines = All(profiles, 5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cosines[0, 4], Is.EqualTo(1).Within(1e-5));
            Assert.That(cosines[0, 2], Is.EqualTo(1).Within(1e-5), "letter case and punctuation do not count");
            Assert.That(cosines[4, 4], Is.EqualTo(1).Within(1e-5));
            Assert.That(cosines[0, 1], Is.LessThan(0.05));
            Assert.That(cosines[0, 3], Is.GreaterThan(cosines[0, 1]).And.LessThan(0.9));
        }
    }

    [Test]
    public void Cosines_WordOrder_MattersLessThanWords()
    {
        float[,] cosines = All(Build("born free and equal", "equal and free born", "nothing alike in this"), 3);
        Assert.That(cosines[0, 1], Is.GreaterThan(0.7).And.LessThan(0.99));
        Assert.That(cosines[0, 2], Is.LessThan(0.5));
    }

    [Test]
    public void Build_LimitOfCharacters_IgnoresTheRest()
    {
        string[] texts = ["free", "born"];
        CharacterProfiles limited = CharacterProfiles.Build([texts, ["free"]], maxCharacters: 4);
        Assert.That(All(limited, 2)[0, 1], Is.EqualTo(1).Within(1e-5));
        CharacterProfiles whole = CharacterProfiles.Build([texts, ["free"]], maxCharacters: 8);
        Assert.That(All(whole, 2)[0, 1], Is.LessThan(0.9));
    }

    [Test]
    public void IsEmpty_NoLetters_IsTrue()
    {
        CharacterProfiles profiles = Build("12 34 !", "a", "");
        Assert.That(Enumerable.Range(0, 3).Select(profiles.IsEmpty), Is.EqualTo(new[] { true, false, true }));
    }

    private static CharacterProfiles Build(params string[] texts) =>
        CharacterProfiles.Build([.. texts.Select(text => new[] { text })], maxCharacters: 1000);

    private static float[,] All(CharacterProfiles profiles, int count)
    {
        float[,] all = new float[count, count];
        float[] tile = new float[count * 4];
        for (int a = 0; a < count; a += 4)
        {
            int rows = Math.Min(4, count - a);
            profiles.Cosines(a, rows, tile);
            for (int j = a; j < count; j++)
                for (int i = 0; i < rows; i++) all[a + i, j] = tile[((j - a) * 4) + i];
        }
        return all;
    }
}
