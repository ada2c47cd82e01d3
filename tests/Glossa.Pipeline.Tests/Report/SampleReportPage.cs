using Glossa.Pipeline.Report;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

/// <summary>Makes a report to look at; run by name.</summary>
[TestFixture]
internal sealed class SampleReportPage
{
    /// <summary>Writes runs' files with made-up figures over the real languages into report-sample beside the tests.</summary>
    [Test]
    [Explicit("makes files to look at")]
    public void Write_SampleOfAllLanguages()
    {
        string table = Path.Combine(AppContext.BaseDirectory, "corpora", "languages.csv");
        SampleLanguage[] languages = [.. File.ReadLines(table).Skip(1).Select(Parse)];
        string folder = Path.Combine(AppContext.BaseDirectory, "report-sample");
        ReportWriter.Write(folder, SampleReport.Create(languages));
        TestContext.Out.WriteLine(folder);
        Assert.That(File.Exists(Path.Combine(folder, ReportFiles.Html)), Is.True);
    }

    private static SampleLanguage Parse(string line)
    {
        int afterTag = line.IndexOf(',') + 1;
        bool quoted = line[afterTag] == '"';
        int end = quoted ? line.IndexOf('"', afterTag + 1) : line.IndexOf(',', afterTag);
        string[] rest = line[(quoted ? end + 2 : end + 1)..].Split(',');
        return new(line[..(afterTag - 1)], line[afterTag..end].Trim('"'), rest[1], rest[2]);
    }
}
