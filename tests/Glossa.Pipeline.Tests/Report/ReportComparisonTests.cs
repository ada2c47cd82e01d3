using System.Text.Json;
using CsCheck;
using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Comparing;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class ReportComparisonTests
{
    [TestCase(1.02, false)]
    [TestCase(1.0101, false)]
    [TestCase(1.01, true)]
    [TestCase(1.0, true)]
    [TestCase(0.9, true)]
    public void Compare_MeanTimesFactor_HoldsTheGateOfOnePercent(double factor, bool passed)
    {
        RunReport previous = SampleReport.Create(40);
        ComparisonResult result = ReportComparison.Compare(previous, Times(previous, factor));
        Assert.That(result.Passed, Is.EqualTo(passed));
        Assert.That(result.Verdict, Does.StartWith(passed ? "passed: " : "failed: "));
        Assert.That(result.Mean.RelativeChange, Is.EqualTo(factor - 1).Within(1e-12));
    }

    [Test]
    public void Compare_GateOfOnesOwn_IsUsed()
    {
        RunReport previous = SampleReport.Create(40);
        Assert.That(ReportComparison.Compare(previous, Times(previous, 1.04), new(0.05)).Passed, Is.True);
        Assert.That(ReportComparison.Compare(previous, Times(previous, 1.001), new(0)).Passed, Is.False);
        Assert.That(() => ReportComparison.Compare(previous, previous, new(-0.1)), Throws.TypeOf<InputException>());
        Assert.That(() => ReportComparison.Compare(previous, previous, new(double.NaN)), Throws.TypeOf<InputException>());
    }

    [Test]
    public void Compare_MeanNotANumber_Fails()
    {
        RunReport report = SampleReport.Create(12);
        RunReport broken = report with { BitsPerByte = report.BitsPerByte with { Mean = double.NaN } };
        Assert.That(ReportComparison.Compare(report, broken).Passed, Is.False);
        Assert.That(ReportComparison.Compare(broken, report).Passed, Is.False);
    }

    [Test]
    public void Compare_HardLanguageDropped_IsNoGain()
    {
        RunReport previous = SampleReport.Create(40);
        LanguageResult worst = previous.Languages.MaxBy(l => l.BitsPerByte)!;
        // All others are 2 % worse, and the headline falls all the same because the worst language is gone.
        LanguageResult[] rest = [.. previous.Languages.Where(l => l != worst).Select(l => l with { BitsPerByte = l.BitsPerByte * 1.02 })];
        RunReport raised = previous with { Languages = [.. previous.Languages.Select(l => l == worst ? l with { BitsPerByte = 9 } : l)] };
        raised = raised with { BitsPerByte = BitsPerByteSummary.Of(raised.Languages.Select(l => l.BitsPerByte)) };
        RunReport current = previous with { Languages = rest, BitsPerByte = BitsPerByteSummary.Of(rest.Select(l => l.BitsPerByte)) };

        ComparisonResult result = ReportComparison.Compare(raised, current);

        Assert.That(current.BitsPerByte.Mean, Is.LessThan(raised.BitsPerByte.Mean));
        Assert.That(result.Passed, Is.False);
        Assert.That(result.Mean.RelativeChange, Is.EqualTo(0.02).Within(1e-12));
        Assert.That(result.LanguagesRemoved, Is.EqualTo((string[])[worst.Language]));
        Assert.That(result.Notes, Has.Some.Contains("The languages differ (0 added, 1 removed)"));
    }

    [Test]
    public void Compare_NothingInCommon_Throws()
    {
        RunReport left = SampleReport.Create([new("aa", "A", "Latn", "x")]);
        RunReport right = SampleReport.Create([new("bb", "B", "Latn", "x")]);
        Assert.That(() => ReportComparison.Compare(left, right), Throws.TypeOf<InputException>().With.Message.Contains("no language in common"));
    }

    [Test]
    public void Compare_SomeLanguagesWorse_ListsThemWorstFirst()
    {
        RunReport previous = SampleReport.Create(100);
        RunReport current = previous with
        {
            Languages = [.. previous.Languages.Select((l, i) => l with { BitsPerByte = l.BitsPerByte * (i < 30 ? 1.1 + i / 100.0 : i < 90 ? 0.99 : 1) })],
        };
        ComparisonResult result = ReportComparison.Compare(previous, current);
        Assert.That((result.LanguagesCompared, result.LanguagesWorse, result.LanguagesImproved), Is.EqualTo((100, 30, 60)));
        Assert.That(result.WorstRegressions, Has.Count.EqualTo(ReportComparison.RegressionsListed));
        Assert.That(result.WorstRegressions[0].Language, Is.EqualTo(previous.Languages[29].Language));
        Assert.That(result.WorstRegressions.Select(l => l.BitsPerByte.RelativeChange), Is.Ordered.Descending);
    }

    [Test]
    public void Compare_Exports_PairsThemByPrecisionAndNotesTheLost()
    {
        RunReport previous = SampleReport.Create(12);
        RunReport current = previous with { Exports = [previous.Exports[0] with { Bytes = previous.Exports[0].Bytes * 2 }] };
        ComparisonResult result = ReportComparison.Compare(previous, current);
        Assert.That(result.Exports.Single().Precision, Is.EqualTo("fp32"));
        Assert.That(result.Exports.Single().Bytes.RelativeChange, Is.EqualTo(1));
        Assert.That(result.Notes, Is.EqualTo((string[])["int8 is no longer exported."]));
    }

    [Test]
    public void Compare_OtherWindow_IsNoted()
    {
        RunReport previous = SampleReport.Create(12);
        ComparisonResult result = ReportComparison.Compare(previous, previous with { Evaluation = new("test", 256, 192) });
        Assert.That(result.Notes.Single(), Does.Contain("window 128, stride 96").And.Contain("window 256, stride 192"));
    }

    [Test]
    public void Compare_AnyPair_PassesOneWayAtLeast() => Gen.Select(Gen.Double[0.5, 5], Gen.Double[0.5, 5]).Sample((a, b) =>
    {
        RunReport report = SampleReport.Create(2);
        RunReport left = report with { BitsPerByte = new(a, a, a) };
        RunReport right = report with { BitsPerByte = new(b, b, b) };
        return ReportComparison.Compare(left, right).Passed || ReportComparison.Compare(right, left).Passed;
    });

    [Test]
    public void Write_Result_GivesBothFiles()
    {
        using TemporaryFolder folder = new();
        RunReport previous = SampleReport.Create(12);
        ComparisonWriter.Write(folder.Path, ReportComparison.Compare(previous, Times(previous, 1.05)));

        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(folder.At(ComparisonWriter.JsonName)));
        Assert.That(json.RootElement.GetProperty("passed").GetBoolean(), Is.False);
        Assert.That(json.RootElement.GetProperty("mean").GetProperty("relativeChange").GetDouble(), Is.EqualTo(0.05).Within(1e-12));
        Assert.That(json.RootElement.GetProperty("gate").GetProperty("maximumRelativeChange").GetDouble(), Is.EqualTo(0.01));
        string page = File.ReadAllText(folder.At(ComparisonWriter.MarkdownName));
        Assert.That(page, Does.Contain("**failed: mean bits per byte").And.Contain("(+5.00 %), past the gate of +1 %**").And.Contain("| lost most |"));
    }

    [Test]
    public void Render_HostileData_StaysText()
    {
        RunReport hostile = ReportPageTests.Hostile();
        RunReport worse = Times(hostile, 1.5);
        string page = ComparisonWriter.Render(ReportComparison.Compare(hostile, worse with { Config = "<b>" + hostile.Config }));
        Assert.That(page, Does.Not.Match(@"(?<!\\)<script|(?<!\\)\]\(|(?<!\\)\*\*bold|(?<!\\)<img|(?<!\\)<b>"));
    }

    private static RunReport Times(RunReport report, double factor)
    {
        LanguageResult[] languages = [.. report.Languages.Select(l => l with { BitsPerByte = l.BitsPerByte * factor })];
        return report with
        {
            Languages = languages,
            BitsPerByte = report.BitsPerByte with { Mean = report.BitsPerByte.Mean * factor },
        };
    }
}
