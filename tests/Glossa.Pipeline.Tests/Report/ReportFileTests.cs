using System.Globalization;
using System.Text.Json;
using Glossa.Pipeline.Report;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class ReportFileTests
{
    private const string Minimal = """
        {"bitsPerByte":{"mean":2.4,"median":2.3,"worstDecile":3.1},
         "languages":[{"language":"de","phase":1,"trainBytes":11000,"bitsPerByteAfterPhase1":2.5,"bitsPerByte":2.4}],
         "training":{"phases":[{"name":"all","languages":1,"uniqueBytes":11000,"tokens":1000,"steps":10,"seconds":1.5,"tokensPerSecond":666.7}],"parameters":1000,"seed":1},
         "exports":[{"precision":"fp32","file":"model/onnx/model.onnx","bytes":4000,"bitsPerByte":2.4,"relativeChange":0,"millisecondsPerSentence":1.25}],
         "stages":[{"name":"train","seconds":1.5,"cached":false}]}
        """;

    [Test]
    public void Read_WhatWasWritten_IsTheSame()
    {
        using TemporaryFolder folder = new();
        RunReport report = SampleReport.Create(30);
        ReportWriter.Write(folder.Path, report);

        RunReport read = ReportReader.Read(folder.At(ReportFiles.Json));

        Assert.That(read.Languages, Is.EqualTo(report.Languages));
        Assert.That(read.LearningCurve, Is.EqualTo(report.LearningCurve));
        Assert.That(read.Exports, Is.EqualTo(report.Exports));
        Assert.That(read.Stages, Is.EqualTo(report.Stages));
        Assert.That(read.Training.Phases, Is.EqualTo(report.Training.Phases));
        Assert.That(read.LanguageSelection!.Picks, Is.EqualTo(report.LanguageSelection!.Picks));
        Assert.That(
            (read.BitsPerByte, read.Lzma2, read.Evaluation, read.Model, read.Tokenizer, read.Corpus, read.Machine, read.Config),
            Is.EqualTo((report.BitsPerByte, report.Lzma2, report.Evaluation, report.Model, report.Tokenizer, report.Corpus, report.Machine, report.Config)));
    }

    [Test]
    public void Read_RunFolder_FindsItsReport()
    {
        using TemporaryFolder folder = new();
        folder.Write(ReportFiles.Json, Minimal);
        Assert.That(ReportReader.Read(folder.Path).BitsPerByte.Mean, Is.EqualTo(2.4));
    }

    [Test]
    public void Read_OnlyTheRequiredKeys_LeavesTheRestEmpty()
    {
        using TemporaryFolder folder = new();
        RunReport report = ReportReader.Read(folder.Write("report.json", Minimal));
        Assert.That(report.Lzma2, Is.Null);
        Assert.That(report.LearningCurve, Is.Empty);
        Assert.That(report.Languages.Single(), Is.EqualTo(new LanguageResult("de", 1, 11000, 2.5, 2.4)));
    }

    [Test]
    public void Write_AnyReport_HasTheKeysThatTheDefinitionNames()
    {
        using TemporaryFolder folder = new();
        ReportWriter.Write(folder.Path, SampleReport.Create(12));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(folder.At("report.json")));
        JsonElement root = document.RootElement;

        Assert.That(Keys(root.GetProperty("bitsPerByte")), Is.EqualTo((string[])["mean", "median", "worstDecile", "control"]));
        Assert.That(Keys(root.GetProperty("languages")[0]).Take(5), Is.EqualTo((string[])["language", "phase", "trainBytes", "bitsPerByteAfterPhase1", "bitsPerByte"]));
        Assert.That(Keys(root.GetProperty("training")), Is.EqualTo((string[])["phases", "parameters", "seed"]));
        Assert.That(Keys(root.GetProperty("training").GetProperty("phases")[0]), Is.EqualTo((string[])["name", "languages", "uniqueBytes", "tokens", "steps", "seconds", "tokensPerSecond"]));
        Assert.That(Keys(root.GetProperty("exports")[0]), Is.EqualTo((string[])["precision", "file", "bytes", "bitsPerByte", "relativeChange", "millisecondsPerSentence"]));
        Assert.That(Keys(root.GetProperty("stages")[0]), Is.EqualTo((string[])["name", "seconds", "cached"]));
    }

    [Test]
    public void Write_Twice_GivesTheSameBytes([Values("report.json", "report.html", "README.md")] string name)
    {
        using TemporaryFolder first = new();
        using TemporaryFolder second = new();
        CultureInfo culture = CultureInfo.CurrentCulture;
        try
        {
            ReportWriter.Write(first.Path, SampleReport.Create(40));
            // Globalization is invariant in this build, so the culture is made by hand.
            CultureInfo commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = ".", NegativeSign = "~" };
            CultureInfo.CurrentCulture = commas;
            ReportWriter.Write(second.Path, SampleReport.Create(40));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
        Assert.That(File.ReadAllBytes(second.At(name)), Is.EqualTo(File.ReadAllBytes(first.At(name))));
    }

    [Test]
    public void Write_GradientNormNotFinite_StandsAsNull([Values(double.PositiveInfinity, double.NaN)] double norm)
    {
        using TemporaryFolder folder = new();
        RunReport report = SampleReport.Create(12);
        ReportWriter.Write(folder.Path, report with { LearningCurve = [.. report.LearningCurve.Take(3).Select(p => p with { GradientNorm = norm })] });
        Assert.That(File.ReadAllText(folder.At("report.json")), Does.Contain("\"gradientNorm\": null"));
        Assert.That(ReportReader.Read(folder.Path).LearningCurve[0].GradientNorm, Is.NaN);
    }

    [Test]
    public void Write_LossNotANumber_FailsAndWritesNothing()
    {
        using TemporaryFolder folder = new();
        RunReport report = SampleReport.Create(12);
        RunReport diverged = report with { LearningCurve = [report.LearningCurve[0] with { Loss = double.NaN }] };
        Assert.That(
            () => ReportWriter.Write(folder.Path, diverged),
            Throws.TypeOf<WorkException>().With.Message.Contains("learningCurve[0].loss is NaN"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase("\"mean\":2.4,", "", "mean", TestName = "Read_KeyMissing_IsNamed")]
    [TestCase("\"languages\":[", "\"tongues\":[", "languages", TestName = "Read_SectionMissing_IsNamed")]
    [TestCase("\"mean\":2.4", "\"mean\":\"2.4\"", "$.bitsPerByte.mean (line 1)", TestName = "Read_WrongType_IsLocated")]
    [TestCase("\"mean\":2.4", "\"mean\":null", "$.bitsPerByte.mean", TestName = "Read_NullFigure_IsLocated")]
    [TestCase("\"mean\":2.4", "\"mean\":-2.4", "bitsPerByte.mean is -2.4", TestName = "Read_NegativeFigure_IsNamed")]
    [TestCase("\"mean\":2.4", "\"mean\":1e999", "bitsPerByte.mean is Infinity", TestName = "Read_FigureTooLarge_IsNamed")]
    [TestCase("\"phase\":1", "\"phase\":3", "languages[0].phase is 3", TestName = "Read_UnknownPhase_IsNamed")]
    [TestCase("\"stages\":[{", "\"stages\":[{{", "(line 5)", TestName = "Read_BrokenJson_IsLocated")]
    [TestCase("\"cached\":false}]}", "", "line 5", TestName = "Read_Truncated_IsLocated")]
    public void Read_Damaged(string old, string replacement, string expected)
    {
        using TemporaryFolder folder = new();
        Assert.That(Minimal.Contains(old, StringComparison.Ordinal), Is.True);
        string path = folder.Write("report.json", Minimal.Replace(old, replacement));
        Assert.That(
            () => ReportReader.Read(path),
            Throws.TypeOf<InputException>().With.Message.Contains(expected).And.Message.Contains(path).And.Message.Not.Contains("\n"));
    }

    [TestCase("""{"version":2,"figures":[]}""", TestName = "Read_OtherVersionWithOtherKeys_NamesTheVersion")]
    [TestCase("""{"version":2,""" + "REST", TestName = "Read_OtherVersionWithTheSameKeys_NamesTheVersion")]
    public void Read_OtherVersion(string text)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("report.json", text.Replace("REST", Minimal[1..]));
        Assert.That(() => ReportReader.Read(path), Throws.TypeOf<InputException>().With.Message.Contains("version 2, expected 1"));
    }

    [TestCase("", TestName = "Read_EmptyFile")]
    [TestCase("null", TestName = "Read_Null")]
    [TestCase("[]", TestName = "Read_Array")]
    [TestCase("language,text", TestName = "Read_Csv")]
    public void Read_NoReport(string text)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("report.json", text);
        Assert.That(() => ReportReader.Read(path), Throws.TypeOf<InputException>().With.Message.Contains("not a whole report"));
    }

    [Test]
    public void Read_NoFile_SaysSo()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => ReportReader.Read(folder.Path), Throws.TypeOf<InputException>().With.Message.Contains("no such report"));
    }

    [Test]
    public void Read_LanguageTwice_IsNamed()
    {
        using TemporaryFolder folder = new();
        string row = Minimal[(Minimal.IndexOf("[{", StringComparison.Ordinal) + 1)..(Minimal.IndexOf("}]", StringComparison.Ordinal) + 1)];
        string path = folder.Write("report.json", Minimal.Replace(row, row + "," + row));
        Assert.That(() => ReportReader.Read(path), Throws.TypeOf<InputException>().With.Message.Contains("'de' stands in the list twice"));
    }

    private static string[] Keys(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];
}
