using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Results;

[TestFixture]
internal sealed class ResultsFileTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    private static string Whole => StudyJson.Write(SampleStudy.Of(new StudyReportPlan(), SampleStudy.Cell("a", 1, [2.5]), SampleStudy.Cell("b", 1, [2.6])));

    [TestCase("{", "{", "not a whole study: not such JSON at line 1")]
    [TestCase("\"version\": 1", "\"version\": 2", "a study of version 2, expected 1")]
    [TestCase("\"bitsPerByte\":{\"l0\":2.5}", "\"bitsPerByte\":{\"l0\":-1}", "the cell 'a/1' has -1 bits per byte for 'l0'")]
    [TestCase("\"bitsPerByte\":{\"l0\":2.5}", "\"bitsPerByte\":{}", "the cell 'a/1' has no figures")]
    [TestCase("\"arm\": \"b\"", "\"arm\": \"a\"", "the cell 'a/1' stands twice")]
    [TestCase("\"bitsPerByte\":{\"l0\":2.5}", "\"bitsPerByte\":null", "not a whole study")]
    [TestCase("\"made\": {", "\"mad\": {", "not a whole study")]
    [TestCase("[1000,300000,600000]", "[1000,300000]", "the cell 'a/1' has a curve of unequal lengths")]
    public void Read_Damaged_SaysSoInOneLine(string part, string other, string message)
    {
        string text = Whole;
        Assert.That(text, Does.Contain(part));
        text = part == other ? text[..200] : text.Replace(part, other, StringComparison.Ordinal);
        InputException failure = Assert.Throws<InputException>(() => ResultsFile.Read(_folder.Write("study.json", text)))!;
        Assert.That(failure.Message, Does.Contain("study.json: ").And.Not.Contain("\n"));
        if (part != other) Assert.That(failure.Message, Does.Contain(message));
    }

    [Test]
    public void Add_FromManyThreads_LosesNone()
    {
        StudyPlan plan = new("sample", [], [], new(), new StudyReportPlan());
        string path = _folder.At("study.json"), lockPath = _folder.At("lock");
        // An object for each, as two processes would have: they share the files alone.
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
            new ResultsFile(path, lockPath).Add(plan, SampleStudy.Cell("a", i, [2.0 + (i / 100.0)])));
        StudyResults read = ResultsFile.Read(path);
        Assert.That(read.Cells.Select(cell => cell.Seed), Is.EquivalentTo(Enumerable.Range(0, 24).Select(i => (long)i)));
    }

    [Test]
    public void Add_SameCell_ReplacesIt()
    {
        StudyPlan plan = new("sample", [], [], new(), new StudyReportPlan());
        ResultsFile file = new(_folder.At("study.json"), _folder.At("lock"));
        file.Add(plan, SampleStudy.Cell("a", 1, [2.0]));
        file.Add(plan, SampleStudy.Cell("a", 1, [2.5]));
        Assert.That(file.Cells().Single().Test.BitsPerByte["l0"], Is.EqualTo(2.5));
    }

    [Test]
    public void Add_OtherStudysFile_IsRefused()
    {
        ResultsFile file = new(_folder.At("study.json"), _folder.At("lock"));
        file.Add(new StudyPlan("first", [], [], new(), new StudyReportPlan()), SampleStudy.Cell("a", 1, [2.0]));
        Assert.That(
            () => file.Add(new StudyPlan("second", [], [], new(), new StudyReportPlan()), SampleStudy.Cell("a", 1, [2.0])),
            Throws.TypeOf<InputException>().With.Message.Contains("the file holds the study 'first', not 'second'"));
    }
}
