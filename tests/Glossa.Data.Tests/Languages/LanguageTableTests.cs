using System.Text;
using Glossa.Data.Languages;
using NUnit.Framework;

namespace Glossa.Data.Tests.Languages;

public sealed class LanguageTableTests
{
    private string _path = "";

    [SetUp]
    public void SetUp() => _path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N") + ".csv");

    [TearDown]
    public void TearDown() => File.Delete(_path);

    [Test]
    public void Load_ShippedTable_HasEveryLanguageWithItsFeatures()
    {
        LanguageTable table = LanguageTable.Load(UdhrTexts.ShippedPath("languages.csv"));
        Assert.That(table.Languages, Has.Count.EqualTo(464));
        LanguageInfo arabic = table.Find("ar")!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(arabic.Name, Is.EqualTo("Arabic, Standard"));
            Assert.That(arabic.Iso6393, Is.EqualTo("arb"));
            Assert.That(arabic.Script, Is.EqualTo("Arab"));
            Assert.That(arabic.Direction, Is.EqualTo(TextDirection.RightToLeft));
            Assert.That(table.Find("aa")!.FamilyPath, Is.EqualTo(new[] { "afa", "cus" }));
            Assert.That(table.Find("aa")!.Latitude, Is.EqualTo(12.23));
            Assert.That(table.Find("abs")!.SpeakersMillions, Is.Null);
            Assert.That(table.Find("kkh-Lana")!.Script, Is.Null, "Zyyy is no script");
            Assert.That(table.Find("ko")!.Family, Is.Null);
        }
    }

    [Test]
    public void Resolve_UnknownTag_TakesWhatTheTagAndItsParentSay()
    {
        LanguageTable table = Table("language,name,script,family,latitude,longitude\nde,German,Latn,ine,51,10\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(table.Resolve("DE").Tag, Is.EqualTo("de"));
            Assert.That(table.Resolve("de-AT").Tag, Is.EqualTo("de-AT"));
            Assert.That(table.Resolve("de-AT").Family, Is.EqualTo("ine"));
            Assert.That(table.Resolve("de-Hebr").Script, Is.EqualTo("Hebr"));
            Assert.That(table.Resolve("xx-cyrl-RU").Script, Is.EqualTo("Cyrl"));
            Assert.That(table.Resolve("xx").Script, Is.Null);
            Assert.That(table.Resolve("xx").FamilyPath, Is.Empty);
            Assert.That(table.Find("xx"), Is.Null);
        }
    }

    [Test]
    public void Load_ColumnsAbsentOrBlank_AreUnknown()
    {
        LanguageInfo row = Table("latitude,language\n5,x\n").Languages[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.Name, Is.EqualTo("x"));
            Assert.That(row.Latitude, Is.Null, "a latitude alone is no place");
            Assert.That(row.Bytes, Is.Null);
        }
    }

    [TestCase("", "no header at all")]
    [TestCase("tag,name\nx,y\n", "no column 'language'")]
    [TestCase("language,latitude\nx,north\n", "row 1 (line 2): column 'latitude' holds 'north'")]
    [TestCase("language,latitude\nx,91\n", "write a number from -90 to 90")]
    [TestCase("language,direction\nx,up\n", "'ltr' or 'rtl'")]
    [TestCase("language,name\nx,a\nX,b\n", "row 2 (line 3): language 'X' has two rows")]
    [TestCase("language,name\nx,Malay, Ambonese\n", "row 1 (line 2): the row has 3 fields where the header has 2")]
    [TestCase("language,name\n,a\n", "column 'language' holds ''")]
    [TestCase("language,name\nx,\"a\n", "quotes")]
    public void Load_BadTable_SaysWhatAndWhere(string content, string expected)
    {
        InputException error = Assert.Throws<InputException>(() => Table(content))!;
        Assert.That(error.Message, Does.Contain(expected).And.Contain(_path));
    }

    [Test]
    public void Load_InvalidUtf8_SaysSo()
    {
        File.WriteAllBytes(_path, [.. Encoding.ASCII.GetBytes("language\n"), 0xFF, 0xFE, (byte)'\n']);
        Assert.That(() => LanguageTable.Load(_path), Throws.TypeOf<InputException>().With.Message.Contains("UTF-8"));
    }

    private LanguageTable Table(string content)
    {
        File.WriteAllText(_path, content);
        return LanguageTable.Load(_path);
    }
}
