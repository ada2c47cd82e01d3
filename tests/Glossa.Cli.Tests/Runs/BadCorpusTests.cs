using System.IO.Compression;
using System.Text;
using NUnit.Framework;

namespace Glossa.Cli.Tests.Runs;

[TestFixture]
internal sealed class BadCorpusTests
{
    private RunFixture _run = null!;

    [SetUp]
    public void SetUp() => _run = new RunFixture();

    [TearDown]
    public void TearDown() => _run.Dispose();

    private void AssertRefused(string corpus, params string[] words) =>
        RunFixture.AssertFailure(_run.Run("--set", "corpus.path=" + corpus), 2, _run.Out, [corpus, .. words]);

    private string Write(string name, string text)
    {
        File.WriteAllText(_run.At(name), text);
        return _run.At(name);
    }

    [Test]
    public void Run_MissingFile_SaysSo() => AssertRefused(_run.At("nowhere.csv"), "no such corpus file", "check the path");

    [Test]
    public void Run_FolderInsteadOfFile_SaysSo() => AssertRefused(_run.Folder, "found a folder", "name the file itself");

    [Test]
    public void Run_EmptyFile_SaysWhatItNeeds() => AssertRefused(Write("empty.csv", ""), "the file is empty", "header such as 'language,text'");

    [Test]
    public void Run_HeaderOnly_SaysSo() => AssertRefused(Write("header.csv", "language,text\n"), "no row", "add rows");

    [Test]
    public void Run_MissingColumn_NamesItAndTheNearest() =>
        AssertRefused(Write("columns.csv", "lang,text\nen,hello\n"), "line 1", "no column 'language'", "did you mean 'lang'?", "corpus.columns");

    [TestCase("en,\"never closed\n", TestName = "Run_UnclosedQuoteInRow100000_NamesRowLineAndColumn")]
    [TestCase("en,\"broken \"inside\" it\"\n", TestName = "Run_QuoteInsideFieldOfRow100000_NamesRowLineAndColumn")]
    public void Run_BrokenQuoteInRow100000_NamesRowLineAndColumn(string broken)
    {
        using (StreamWriter writer = new(_run.At("quote.csv")))
        {
            writer.Write("language,text\n");
            for (int row = 1; row <= 100_100; row++) writer.Write(row == 100_000 ? broken : $"en,\"the text of row {row}\"\n");
        }
        AssertRefused(_run.At("quote.csv"), "row 100000", "line 100001", "column 'text'", "quote");
    }

    [Test]
    public void Run_UnclosedQuoteInLastRow_NamesTheRow() => AssertRefused(Write("last.csv", "language,text\nen,hello\nen,\"never closed"), "row 2", "quote");

    [Test]
    public void Run_InvalidUtf8_NamesRowAndByte()
    {
        File.WriteAllBytes(_run.At("latin1.csv"), [.. "language,text\nen,hello\nfr,"u8, .. Encoding.Latin1.GetBytes("café au lait\n")]);
        AssertRefused(_run.At("latin1.csv"), "row 2 (line 3)", "column 'text'", "invalid UTF-8", "0xE9", "save the file as UTF-8");
    }

    [Test]
    public void Run_TruncatedGzip_SaysSo()
    {
        using MemoryStream whole = new();
        using (GZipStream gzip = new(whole, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(File.ReadAllBytes(_run.At("corpus.csv")));
        File.WriteAllBytes(_run.At("cut.csv.gz"), whole.ToArray()[..(int)(whole.Length / 2)]);
        AssertRefused(_run.At("cut.csv.gz"), "cut short", "again");
    }

    [Test]
    public void Run_LanguageNotInTheCorpus_NamesItAndTheNearest() =>
        RunFixture.AssertFailure(
            _run.Run("--set", "languages.method=list", "--set", "languages.list=[de, ruu]"), 2, _run.Out, "languages.list", "'ruu'", "not in the corpus", "did you mean 'ru'?");

    [Test]
    public void Run_GoodCorpusAfterABadOne_GoesOnInTheSameFolder()
    {
        AssertRefused(Write("empty.csv", ""), "the file is empty");
        Assert.That(_run.Run().Code, Is.Zero);
        Assert.That(File.Exists(_run.At("run", "model", "onnx", "model.onnx")), Is.True);
    }
}
