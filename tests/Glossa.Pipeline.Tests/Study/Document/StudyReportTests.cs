using System.Xml.Linq;
using Glossa.Pipeline.Study.Document;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;
using Glossa.Pipeline.Tests.Evaluate;
using Glossa.Pipeline.Tests.Study.Results;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Document;

/// <summary>Reports of a fixture (two arms, a series of three budgets, two seeds, eight languages), whose figures were computed apart from this code.</summary>
[TestFixture]
internal sealed class StudyReportTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    private static string Fixture => Path.Combine(TestModels.RepositoryRoot, "tests", "fixtures", "study", "study.json");

    private string Report(StudyResults results)
    {
        StudyReport.Write(_folder.Write("study.json", StudyJson.Write(results)), _folder["doc.md"]);
        return File.ReadAllText(_folder["doc.md"]);
    }

    [Test]
    public void Write_Fixture_SaysWhatWasComputedByHand()
    {
        StudyReport.Write(Fixture, _folder["doc.md"]);
        string text = File.ReadAllText(_folder["doc.md"]);
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(text, Does.Contain("8 finished cells of 4 arms, 8 languages"));
        Assert.That(text, Does.Contain("- **two-phase** is higher by 0.045 bits per byte (1.6 %), which is no difference that these runs can tell, than **joint** (2 seeds, 8 languages; lower in 3)."));
        Assert.That(text, Does.Contain("| Equal everything | two-phase | joint | 1.00, 1.00 | +0.045 (+1.6 %) | "));
        Assert.That(text, Does.Contain(" | −0.014 to +0.103 | 3 of 8 languages, 2 seeds | not to be told apart |"));
        Assert.That(text, Does.Contain("- **joint** needs 35.7 KB of unique text, 0.46 of the other's (95 % interval "));
        Assert.That(text, Does.Contain(" for the 2.889 bits per byte that **two-phase** reaches with 77.8 KB."));
        Assert.That(text, Does.Contain("| two-phase | 77.8 KB | 45 k | 150 k | 2 | 2.994 | 2.889 |"));
        Assert.That(text, Does.Contain("| LZMA2 (no model) | | | | | | 2.057 | | |"));
        Assert.That(text, Does.Contain("Cell joint/1, made anew from its configuration on "));
        Assert.That(text, Does.Contain(": all 163 numbers were the same to the bit."));
    }

    [Test]
    public void Write_Twice_GivesTheSameBytes()
    {
        StudyReport.Write(Fixture, _folder["doc.md"]);
        byte[] first = File.ReadAllBytes(_folder["doc.md"]);
        StudyReport.Write(Fixture, _folder["doc.md"]);
        Assert.That(File.ReadAllBytes(_folder["doc.md"]), Is.EqualTo(first));
    }

    [Test]
    public void Write_Pictures_AreSoundXmlThatTheDocumentNames()
    {
        IReadOnlyList<string> files = StudyReport.Write(Fixture, _folder["doc.md"]);
        string text = File.ReadAllText(_folder["doc.md"]);
        Assert.That(files.Skip(1).Select(Path.GetFileName), Is.EqualTo(new[] { "bytes.svg", "languages-1.svg", "curves.svg" }));
        foreach (string file in files.Skip(1))
        {
            XElement picture = XDocument.Load(file).Root!;
            Assert.That(picture.Name.ToString(), Is.EqualTo("{http://www.w3.org/2000/svg}svg"));
            Assert.That(text, Does.Contain($"](doc/smoke/{Path.GetFileName(file)})"));
        }
        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.That(XDocument.Load(files[2]).Descendants(svg + "circle").Count(), Is.EqualTo(8), "a dot for each language");
        Assert.That(XDocument.Load(files[1]).Descendants(svg + "circle").Count(), Is.EqualTo(8), "a dot for each cell");
        Assert.That(XDocument.Load(files[3]).Descendants(svg + "path").Count(), Is.EqualTo(2), "a curve for each arm");
    }

    [Test]
    public void Write_Document_KeepsWhatIsAroundTheSection()
    {
        _folder.Write("doc.md", "# Mine\n\nBefore.\n\n<!-- study smoke: start; made by glossa study report -->\nold\n<!-- study smoke: end -->\n\nAfter.\n");
        StudyReport.Write(Fixture, _folder["doc.md"]);
        string text = File.ReadAllText(_folder["doc.md"]);
        Assert.That(text, Does.StartWith("# Mine\n\nBefore.\n\n<!-- study smoke: start").And.EndWith("<!-- study smoke: end -->\n\nAfter.\n").And.Not.Contain("old\n"));
        Report(SampleStudy.Of(new StudyReportPlan(), SampleStudy.Cell("a", 1, [2.0])));
        Assert.That(File.ReadAllText(_folder["doc.md"]), Does.Contain("study smoke: end").And.Contain("study sample: start"), "another study has its own section");
    }

    [Test]
    public void Write_HalfOfTheMarks_IsRefused()
    {
        _folder.Write("doc.md", "<!-- study smoke: end -->\n");
        Assert.That(() => StudyReport.Write(Fixture, _folder["doc.md"]), Throws.TypeOf<InputException>().With.Message.Contains("half of the marks around the study 'smoke'"));
    }

    [Test]
    public void Write_NoFinishedCell_IsRefused() =>
        Assert.That(() => Report(SampleStudy.Of(new StudyReportPlan())), Throws.TypeOf<InputException>().With.Message.Contains("no cell of the study is finished"));

    [Test]
    public void Write_OutdatedCell_IsLeftOutAndSaid()
    {
        CellResult old = SampleStudy.Cell("b", 1, [1.0]) with { Outdated = "'seed' was 1 and is 2" };
        string text = Report(SampleStudy.Of(new StudyReportPlan(), SampleStudy.Cell("a", 1, [2.0]), old));
        Assert.That(text, Does.Contain("1 finished cell of 1 arm, ").And.Contain("Left out: 1 cell whose settings have changed since.").And.Not.Contain("| b |"));
    }

    [Test]
    public void Write_QuestionWithoutCells_IsLeftOpen()
    {
        StudyReportPlan plan = new() { Comparisons = [new ComparisonPlan { Arm = "a", Against = "b" }], EqualQuality = [new EqualQualityPlan { Series = "s", Arm = "a" }] };
        Assert.That(Report(SampleStudy.Of(plan, SampleStudy.Cell("a", 1, [2.0]))), Does.Contain("not answered yet, because cells are missing: 2."));
    }

    [Test]
    public void Write_Pattern_StandsForTheBestOnValid()
    {
        // On test the second of the two would be the better: settings are chosen on valid.
        CellResult good = SampleStudy.Cell("x,lr=1", 1, [2.0, 3.0]), other = SampleStudy.Cell("x,lr=2", 1, [1.9, 2.9]);
        other = other with { Valid = other.Valid with { BitsPerByte = other.Valid.BitsPerByte.ToDictionary(entry => entry.Key, entry => entry.Value + 1) } };
        StudyReportPlan plan = new() { Comparisons = [new ComparisonPlan { Arm = "x*", Against = "b" }] };
        Assert.That(Report(SampleStudy.Of(plan, good, other, SampleStudy.Cell("b", 1, [2.5, 3.5]))), Does.Contain("- **x,lr=1** is lower by 0.500 bits per byte"));
    }

    [Test]
    public void Write_SeriesWithTwoArmsOfABudget_TakesTheBest()
    {
        CellResult[] cells = [SampleStudy.Cell("s1", 1, [2.6], 100_000), SampleStudy.Cell("s2", 1, [2.2], 400_000), SampleStudy.Cell("s2b", 1, [2.5], 401_000), SampleStudy.Cell("aim", 1, [2.4], 1_000_000)];
        StudyResults results = SampleStudy.Of(new StudyReportPlan { EqualQuality = [new EqualQualityPlan { Series = "s", Arm = "aim" }] }, cells);
        results = results with { Arms = [.. results.Arms.Select(arm => arm.Name == "aim" ? arm : arm with { Series = "s" })] };
        Assert.That(Report(results), Does.Contain("**s** needs 200.0 KB of unique text, 0.20 of the other's").And.Contain("line over log bytes through 2 points"));
    }

    [Test]
    public void Write_ArmsOfLikeFigures_HaveNamesApart()
    {
        CellResult[] cells =
        [
            SampleStudy.Cell("s1", 1, [2.6], 100_000), SampleStudy.Cell("s2", 1, [2.2], 400_000),
            SampleStudy.Cell("a", 1, [2.21], 400_000), SampleStudy.Cell("b", 1, [2.211], 400_000), SampleStudy.Cell("c", 1, [2.2], 400_000), SampleStudy.Cell("d", 1, [2.6], 400_000),
        ];
        StudyResults results = SampleStudy.Of(new StudyReportPlan(), cells);
        Report(results with { Arms = [.. results.Arms.Select(arm => arm.Name.StartsWith('s') ? arm with { Series = "s" } : arm)] });
        XNamespace svg = "http://www.w3.org/2000/svg";
        (string Name, double Y)[] names =
        [
            .. XDocument.Load(_folder.At("doc", "sample", "bytes.svg")).Descendants(svg + "text").Where(text => ((string?)text.Attribute("class"))!.StartsWith("note", StringComparison.Ordinal))
                .Select(text => (text.Value, (double)text.Attribute("y")!)).Where(text => text.Value.Length == 1).OrderBy(text => text.Item2),
        ];
        Assert.That(names.Select(name => name.Name), Is.EqualTo(new[] { "d", "b", "a", "c" }), "worse is higher up");
        Assert.That(names.Zip(names.Skip(1), (upper, lower) => lower.Y - upper.Y), Is.All.GreaterThanOrEqualTo(12));
    }

    [Test]
    public void Write_OtherBytesButNoSeries_DrawsNoCurve()
    {
        string text = Report(SampleStudy.Of(new StudyReportPlan(), SampleStudy.Cell("a", 1, [2.6], 100_000), SampleStudy.Cell("b", 1, [2.2], 400_000)));
        Assert.That(text, Does.Contain("| a | 100.0 KB |").And.Contain("| b | 400.0 KB |").And.Not.Contain("bytes.svg"));
    }

    [Test]
    public void Write_Extrapolation_IsSaid()
    {
        CellResult[] cells = [SampleStudy.Cell("s1", 1, [2.6], 100_000), SampleStudy.Cell("s2", 1, [2.2], 400_000), SampleStudy.Cell("aim", 1, [2.0], 1_000_000)];
        StudyResults results = SampleStudy.Of(new StudyReportPlan { EqualQuality = [new EqualQualityPlan { Series = "s", Arm = "aim" }] }, cells);
        results = results with { Arms = [.. results.Arms.Select(arm => arm.Name == "aim" ? arm : arm with { Series = "s" })] };
        Assert.That(Report(results), Does.Contain("; that is extrapolated beyond the series.").And.Contain("EXTRAPOLATED: measured from 100.0 KB to 400.0 KB"));
    }

    [Test]
    public void Write_HostileWords_StayText()
    {
        StudyReportPlan plan = new() { Title = "<script>x</script> | *bold*", Text = "![x](y)" };
        string text = Report(SampleStudy.Of(plan, SampleStudy.Cell("a", 1, [2.0])));
        Assert.That(text, Does.Contain(@"\<script\>x\</script\> \| \*bold\*").And.Contain(@"!\[x\](y)"));
    }
}
