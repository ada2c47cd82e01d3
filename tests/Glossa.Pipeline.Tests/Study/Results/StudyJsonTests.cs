using System.Text;
using CsCheck;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Results;

[TestFixture]
internal sealed class StudyJsonTests
{
    private static StudyResults Read(string text) => StudyJson.Read(Encoding.UTF8.GetBytes(text));

    [Test]
    public void Write_AnyFigures_ReadsBackToTheBit() => Gen.Select(Gen.Double[1e-3, 12].Array[1, 5], Gen.Long[0, long.MaxValue]).Sample((test, seed) =>
    {
        StudyResults results = SampleStudy.Of(new StudyReportPlan(), SampleStudy.Cell("a", seed, test));
        StudyResults read = Read(StudyJson.Write(results));
        Assert.That(read.Cells[0].Test.BitsPerByte.Values.Select(BitConverter.DoubleToInt64Bits), Is.EqualTo(test.Select(BitConverter.DoubleToInt64Bits)));
        Assert.That(read.Cells[0].Seed, Is.EqualTo(seed));
        Assert.That(StudyJson.Write(read), Is.EqualTo(StudyJson.Write(results)));
    }, iter: 50);

    [Test]
    public void Write_Everything_ReadsBack()
    {
        StudyReportPlan report = new()
        {
            Title = "Größe \"quoted\"",
            Comparisons = [new ComparisonPlan { Arm = "a", Against = "b", Caption = "x", Scatter = true }],
            EqualQuality = [new EqualQualityPlan { Series = "s", Arm = "b" }],
            Curves = ["*"],
        };
        CellResult cell = SampleStudy.Cell("a", 1, [2.5]) with { Rerun = new CellRerun(false, 12, "P", null, "test.x was 1 and is 2") };
        StudyResults results = SampleStudy.Of(report, cell) with
        {
            Baseline = new BaselineResult("hash", new Dictionary<string, double> { ["l0"] = 2.03 }),
            Arms = [new StudyArm("a", new Dictionary<string, string> { ["optimizer.ema"] = "0.5" }) { Series = "s", Description = "d" }],
        };
        StudyResults read = Read(StudyJson.Write(results));
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(read.Report, Is.EqualTo(report));
        Assert.That(read.Cells[0].Rerun, Is.EqualTo(cell.Rerun));
        Assert.That(read.Baseline!.BitsPerByte["l0"], Is.EqualTo(2.03));
        Assert.That(read.Arms[0].Settings["optimizer.ema"], Is.EqualTo("0.5"));
        Assert.That((read.Arms[0].Series, read.Arms[0].Description), Is.EqualTo(("s", "d")));
        Assert.That(read.Cells[0].Training.Phases[0].Languages, Is.EqualTo(new[] { "l0" }));
        Assert.That(read.Cells[0].Training.Phases[1].Languages, Is.Null);
    }

    [Test]
    public void Write_SharedSettings_StandOnce()
    {
        StudyResults results = SampleStudy.Of(
            new StudyReportPlan(), SampleStudy.Cell("a", 1, [2.0], 9, ("model.width", "64"), ("control", "joint")), SampleStudy.Cell("b", 1, [2.0], 9, ("model.width", "64"), ("control", "phases")));
        string text = StudyJson.Write(results);
        Assert.That(text.Split("model.width"), Has.Length.EqualTo(2));
        Assert.That(Read(text).Cells.Select(cell => cell.Settings["model.width"] + cell.Settings["control"]), Is.EqualTo(new[] { "64joint", "64phases" }));
    }

    [Test]
    public void Write_OneMoreCell_AddsLinesAndChangesNone()
    {
        CellResult[] cells = [SampleStudy.Cell("a", 1, [2.0]), SampleStudy.Cell("a", 2, [2.1]), SampleStudy.Cell("c", 1, [2.2]), SampleStudy.Cell("b", 1, [2.3])];
        StudyResults all = SampleStudy.Of(new StudyReportPlan(), cells);
        string[] before = StudyJson.Write(all with { Cells = cells[..3] }).Split('\n'), after = StudyJson.Write(all).Split('\n');
        Assert.That(before.Except(after), Is.Empty);
        Assert.That(after.Except(before).Count(), Is.LessThan(8));
    }
}
