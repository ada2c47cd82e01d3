using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Page;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class ReportPageTests
{
    private static readonly string[] Elements =
    [
        "header", "h1", "h2", "h3", "p", "nav", "a", "section", "div", "b", "span", "bdi", "code", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot",
        "tr", "th", "td", "figure", "figcaption", "svg", "g", "title", "line", "text", "rect", "circle", "path",
    ];

    [Test]
    public void Render_AllLanguages_ShowsEachInEveryChartAndTheTable()
    {
        RunReport report = SampleReport.Create();
        XElement main = MainOf(ReportPage.Render(report));

        Assert.That(Named(main, "table").Single(t => (string?)t.Attribute("id") == "all").Element("tbody")!.Elements("tr").Count(), Is.EqualTo(464));
        Assert.That(Named(main, "g").Count(g => ((string?)g.Attribute("class"))?.StartsWith("hit", StringComparison.Ordinal) == true), Is.EqualTo(464));
        // Scripts, scatter over text, scatter over LZMA2.
        Assert.That(Named(main, "circle").Count(), Is.EqualTo(3 * 464));
        Assert.That(Named(main, "title").Count(t => t.Value.StartsWith("Language 17 (", StringComparison.Ordinal)), Is.EqualTo(4));
    }

    [Test]
    public void Render_Headline_StandsBesideLzma2InWords()
    {
        RunReport report = SampleReport.Create(20) with { BitsPerByte = new(2.5, 2.4, 3), Lzma2 = new(2, 2, 2.4) };
        XElement headline = Named(MainOf(ReportPage.Render(report)), "section").First();
        Assert.That(headline.Value, Does.Contain("2.500").And.Contain("2.000").And.Contain("LZMA2 is lower than the model, by 0.500 bits per byte"));
        XElement lower = Named(headline, "div").Single(d => (string?)d.Attribute("class") == "figure lower");
        Assert.That(lower.Value, Does.StartWith("2.000"));
    }

    [Test]
    public void Render_HostileData_StaysText()
    {
        string page = ReportPage.Render(Hostile());
        XElement main = MainOf(page);

        Assert.That(Regex.Count(page, "<script"), Is.EqualTo(1));
        Assert.That(main.Descendants().Select(e => e.Name.LocalName).Except(Elements), Is.Empty);
        Assert.That(main.Descendants().SelectMany(e => e.Attributes()).Where(a => a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase)), Is.Empty);
        Assert.That(Named(main, "bdi").Select(e => e.Value), Has.Some.EqualTo("<script>alert(1)</script>").And.Some.EqualTo("&lt;i&gt;&amp;"));
        Assert.That(page, Does.Not.Match("[\u202A-\u202E\u2066-\u2069\0\u0007]"));
    }

    [Test]
    public void Render_AnyReport_AsksForNothingFromOutside()
    {
        string page = ReportPage.Render(SampleReport.Create(40));
        Assert.That(page, Does.Not.Match("(?i)https?:|src=|url\\(|@import|<link|<iframe|<object|<base"));
        Assert.That(Regex.Matches(page, "href=\"([^\"]*)\"").Select(m => m.Groups[1].Value), Has.All.StartsWith("#"));
    }

    [Test]
    public void Render_ContentPolicy_AdmitsTheScriptOfThePageAlone()
    {
        string page = ReportPage.Render(SampleReport.Create(12));
        string script = Regex.Match(page, "<script>(.*?)</script>", RegexOptions.Singleline).Groups[1].Value;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));
        Assert.That(page, Does.Contain($"script-src &#39;sha256-{hash}&#39;"));
    }

    [Test]
    public void Render_LinksInThePage_HaveTheirTargets()
    {
        XElement main = MainOf(ReportPage.Render(SampleReport.Create(12)));
        string[] targets = [.. main.Descendants().Select(e => (string?)e.Attribute("id")).OfType<string>()];
        Assert.That(Named(main, "a").Select(a => ((string)a.Attribute("href")!)[1..]), Is.SubsetOf(targets));
    }

    [Test]
    public void Render_OnlyRequiredFigures_IsWhole()
    {
        RunReport report = new()
        {
            BitsPerByte = new(2, 2, 2),
            Languages = [new("de", 1, 0, null, 2)],
            Training = new([], 10, 1),
            Exports = [],
            Stages = [],
        };
        XElement main = MainOf(ReportPage.Render(report));
        Assert.That(main.Value, Does.Contain("2.000").And.Not.Contain("LZMA2 is lower").And.Not.Contain("NaN"));
        Assert.That(() => MainOf(ReportPage.Render(report with { Languages = [] })), Throws.Nothing);
    }

    [Test]
    public void Render_GradientNormNotFinite_LeavesThePointOut()
    {
        RunReport report = SampleReport.Create(12);
        RunReport overflowed = report with { LearningCurve = [.. report.LearningCurve.Select((p, i) => i % 3 == 0 ? p with { GradientNorm = double.PositiveInfinity } : p)] };
        string main = MainOf(ReportPage.Render(overflowed)).ToString();
        Assert.That(main, Does.Not.Contain("Infinity").And.Not.Contain("NaN").And.Not.Contain("∞"));
        Assert.That(() => ReportPage.Render(report with { LearningCurve = [.. report.LearningCurve.Select(p => p with { GradientNorm = double.NaN })] }), Throws.Nothing);
    }

    [Test]
    public void Render_PictureCoordinates_LieInThePicture()
    {
        XElement main = MainOf(ReportPage.Render(SampleReport.Create()));
        foreach (XElement svg in Named(main, "svg"))
        {
            double[] box = [.. ((string)svg.Attribute("viewBox")!).Split(' ').Select(double.Parse)];
            foreach (XElement circle in Named(svg, "circle"))
            {
                Assert.That((double)circle.Attribute("cx")!, Is.InRange(0, box[2]));
                Assert.That((double)circle.Attribute("cy")!, Is.InRange(0, box[3]));
            }
            Assert.That(Named(svg, "rect").Select(r => (double)r.Attribute("height")!), Has.All.GreaterThanOrEqualTo(0));
        }
    }

    /// <summary>A report whose every text is hostile.</summary>
    internal static RunReport Hostile()
    {
        SampleLanguage[] languages = [.. HostileText.All.Select((t, i) => new SampleLanguage($"x{i}{t}", t, t, t))];
        RunReport report = SampleReport.Create(languages);
        string evil = string.Concat(HostileText.All);
        return report with
        {
            Config = evil,
            Evaluation = new(evil, 128, 96),
            Training = report.Training with { Phases = [.. report.Training.Phases.Select(p => p with { Name = evil })] },
            Model = new(evil, "causal-lm", evil, 128, LanguageTags: true),
            Tokenizer = new(evil, 100, new(1, 1, evil)),
            Corpus = new(evil, 1, 1, 1, evil),
            Exports = [.. report.Exports, new(evil, evil, 1, 1, 1, 1)],
            Stages = [new(evil, 1, false)],
            Machine = new(evil, 1, evil, evil, evil),
            LanguageSelection = new(evil, [.. languages.Select(l => new LanguagePick(l.Tag, evil))], [new(evil, languages[0].Tag, 1)]),
        };
    }

    private static XElement MainOf(string page) =>
        XElement.Parse(page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + "</main>".Length)]);

    private static IEnumerable<XElement> Named(XElement root, string name) => root.Descendants(name);
}
