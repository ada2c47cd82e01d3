using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Card;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class ModelCardTests
{
    [Test]
    public void Render_Causal_SaysWhichIsLowerAndHowToUseIt()
    {
        RunReport report = SampleReport.Create(40) with { BitsPerByte = new(1.8, 1.7, 2.5), Lzma2 = new(2, 2, 2.4) };
        string card = ModelCard.Render(report);
        Assert.That(card, Does.Contain("**The model is lower than LZMA2, by 0.200 bits per byte: it needs 10.0 % fewer bits.**"));
        Assert.That(card, Does.Contain("| this model | 1.800 | 1.700 | 2.500 |"));
        Assert.That(card, Does.Contain("pipeline('text-generation', 'model', { dtype: 'q8' })").And.Contain("glossa generate model"));
        Assert.That(card, Does.Contain("| model/onnx/model\\_quantized.onnx | int8 | 1.60 MB | 2.430 | +0.50 % | 2.60 ms |"));
        Assert.That(card, Does.Contain("The text it was trained on: the UN's declaration"));
    }

    [Test]
    public void Render_Teachers_AreInAllThree()
    {
        RunReport report = SampleReport.Create(20);
        report = report with { Training = report.Training with { Teachers = new TeacherSummary(3, 0.25, 32) } };
        const string Sentence = "25 % of the loss is cross entropy with what 3 teachers expect on average (the 32 most probable tokens), the rest with the text.";
        using TemporaryFolder folder = new();
        ReportWriter.Write(folder.Path, report);
        Assert.That(File.ReadAllText(folder["README.md"]), Does.Contain(Sentence));
        Assert.That(File.ReadAllText(folder["report.html"]), Does.Contain(Sentence));
        Assert.That(ReportReader.Read(folder.Path).Training.Teachers, Is.EqualTo(new TeacherSummary(3, 0.25, 32)));
    }

    [Test]
    public void Render_Masked_FillsMasks()
    {
        RunReport report = SampleReport.Create(12) with { Model = new("bert", "masked-lm", "bert", 128, LanguageTags: false) };
        string card = ModelCard.Render(report);
        Assert.That(card, Does.Contain("pipeline_tag: fill-mask").And.Contain("'fill-mask'").And.Not.Contain("glossa generate").And.Not.Contain("TAG"));
    }

    [Test]
    public void Render_NoPublishedArchitecture_PromisesNoTransformers()
    {
        RunReport report = SampleReport.Create(12) with { Model = new("mine.onnx", "causal-lm", null, 128, LanguageTags: false) };
        Assert.That(ModelCard.Render(report), Does.Contain("has no class for it").And.Not.Contain("import {"));
    }

    [Test]
    public void Render_NoLicence_LeavesThePlaceToFill() =>
        Assert.That(ModelCard.Render(SampleReport.Create(12) with { Corpus = null }), Does.Contain("its corpus states no licence"));

    [Test]
    public void Render_FrontMatter_QuotesTags()
    {
        string card = ModelCard.Render(SampleReport.Create([new("no", "Norwegian", "Latn", "gem"), new("x\"y", "Quote", "Latn", "gem")]));
        string front = card[..card.IndexOf("\n---\n", 4, StringComparison.Ordinal)];
        Assert.That(front, Does.Contain("\nlanguage: [\"no\", \"x\\\"y\"]"));
    }

    [Test]
    public void Render_HostileData_StaysText()
    {
        string card = ModelCard.Render(ReportPageTests.Hostile());
        string body = card[card.IndexOf("\n# ", StringComparison.Ordinal)..];
        Assert.That(body, Does.Not.Match(@"(?<!\\)<script|(?<!\\)\]\(|(?<!\\)\*\*bold|(?<!\\)<img"));
        Assert.That(body, Does.Not.Match("(?m)^# heading"));
        Assert.That(card, Does.Not.Match("[\u202A-\u202E\u2066-\u2069\0\u0007\r]"));
        // A table's rows keep their number of cells.
        string[] rows = [.. body.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) && l.Contains("MB", StringComparison.Ordinal))];
        Assert.That(rows, Is.Not.Empty);
        Assert.That(rows.Select(CellsOf), Has.All.EqualTo(6));
    }

    private static int CellsOf(string row) => System.Text.RegularExpressions.Regex.Count(row, @"(?<!\\)\|") - 1;
}
