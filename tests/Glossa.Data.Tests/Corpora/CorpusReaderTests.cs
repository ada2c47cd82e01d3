using System.Text;
using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class CorpusReaderTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Read_QuotesNewlinesBomAndCrlf_GivesTheTexts()
    {
        string path = _folder.Write("a.csv", "\uFEFFText, LANGUAGE,split,Label\r\n\"one\r\ntwo, \"\"three\"\"\",en,TRAIN,x\r\n\r\n four ,fr,Dev,\r\n\"\",fr,test,y\r\nfünf,de,validation,y");
        Assert.That(CorpusReader.Read(path), Is.EqualTo(new CorpusText[]
        {
            new("en", CorpusSplit.Train, "one\r\ntwo, \"three\"", "x"),
            new("fr", CorpusSplit.Valid, "four"),
            new("de", CorpusSplit.Valid, "fünf", "y"),
        }));
    }

    [Test]
    public void Read_MappedColumnsAndDomain_ReadsThoseOnly()
    {
        string path = _folder.Write("a.csv", "lang,domain,split,body\nen,ui,half,Open\nen,help,half,To open a file\n");
        CorpusColumns columns = new() { Language = "Lang", Text = "BODY", Split = "", TrainDomain = "HELP" };
        Assert.That(CorpusReader.Read(path, columns), Is.EqualTo(new[] { new CorpusText("en", CorpusSplit.Train, "To open a file") }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Load_TwoDomains_TrainsOnOneAndHoldsOutTheOther(bool withSplit)
    {
        string csv = "language,domain,split,text\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"en,{(i % 2 == 0 ? "help" : "ui")},{(i % 4 < 2 ? "train" : "test")},text {i}\n"));
        string path = _folder.Write("a.csv", csv);
        IReadOnlyList<CorpusText> texts = CorpusReader.Load(path, new IngestOptions { Columns = new() { Split = withSplit ? null : "", TrainDomain = "help", EvaluationDomain = "ui" }, TestFraction = 0.3 });
        Assert.That(texts.Select(text => (text.Split == CorpusSplit.Train, int.Parse(text.Text[5..]) % 2 == 0)).Distinct(), Is.EquivalentTo(new[] { (true, true), (false, false) }));
    }

    [Test]
    public void Read_EvaluationDomainThatNoRowHas_NamesTheNearest()
    {
        string path = _folder.Write("a.csv", "language,text,domain,split\nen,a,help,train\nen,b,ui,test\n");
        Assert.That(() => CorpusReader.Read(path, new CorpusColumns { TrainDomain = "help", EvaluationDomain = "iu" }).Count(), Throws.TypeOf<InputException>().With.Message.Contains("no row has the domain 'iu'"));
    }

    [Test]
    public void Load_RepeatedAndHeldOutRows_KeepsEachOnceInItsLastSplit()
    {
        string path = _folder.Write("a.csv", "language,split,text,label\nen,train,one,a\nen,train,one,a\nen,train,one,b\nen,train,two,a\nen,test,two,a\nde,train,two,a\nen,valid,one,c\n");
        Assert.That(CorpusReader.Load(path, new IngestOptions()), Is.EqualTo(new CorpusText[]
        {
            new("en", CorpusSplit.Test, "two", "a"),
            new("de", CorpusSplit.Train, "two", "a"),
            new("en", CorpusSplit.Valid, "one", "c"),
        }));
    }

    [Test]
    public void Load_NoLanguageColumnAndPairs_IsUndeterminedAndPaired()
    {
        string path = _folder.Write("a.csv", "text,answer\nWhere?, Here. \nWhen?,\n");
        Assert.That(CorpusReader.Load(path, new IngestOptions { Columns = new CorpusColumns { Language = null, Pair = "answer" }, ValidFraction = 0, TestFraction = 0 }), Is.EqualTo(new CorpusText[]
        {
            new("und", CorpusSplit.Train, "Where?", null, "Here."),
            new("und", CorpusSplit.Train, "When?"),
        }));
    }

    [Test]
    public void Read_DecomposedTextAndOddSpaces_GivesTrimmedFormC()
    {
        string path = _folder.Write("a.csv", "language,text\nvi,\u3000Vie\u0323\u0302t\u00A0\nvi,\u2003\n");
        Assert.That(CorpusReader.Read(path).Select(t => t.Text), Is.EqualTo(new[] { "Vi\u1EC7t" }));
    }

    [Test]
    public void Read_LanguageInTwoSpellings_KeepsTheFirst()
    {
        string path = _folder.Write("a.csv", "language,text\npt-BR,um\nPT-br,dois\n");
        Assert.That(CorpusReader.Read(path).Select(t => t.Language), Is.All.EqualTo("pt-BR"));
    }

    [TestCase("", "the file is empty")]
    [TestCase("\n\n", "the file is empty")]
    [TestCase("language,text\n", "no row under it")]
    [TestCase("language,txt\nen,a\n", "header (line 1): there is no column 'text'; did you mean 'txt'?")]
    [TestCase("language;text\nen;a\n", "separated by ';'; separate them by commas")]
    [TestCase("language,text,Text\nen,a,b\n", "two columns are named 'Text'")]
    [TestCase("language,text\nen,a\nen,b,c\n", "row 2 (line 3): the row has 3 fields where the header has 2; put fields")]
    [TestCase("language,text\nen,a\n\nen\n", "row 2 (line 4): the row has 1 field where the header has 2; add")]
    [TestCase("language,text\n ,a\n", "row 1 (line 2), column 'language': the language is empty")]
    [TestCase("language,text\npt_BR,a\n", "column 'language': 'pt_BR' is no language tag; write 'pt-BR'")]
    [TestCase("language,text\nA whole sentence,a\n", "'A whole sentence' is no language tag")]
    [TestCase("language,text,split\nen,a,train\nen,b,evaluation\n", "row 2 (line 3), column 'split': 'evaluation' is no split; write train, valid")]
    [TestCase("language,text,split\nen,a,\n", "'' is no split")]
    [TestCase("language,text\nen,\"a\nb\"\nen,x\"y\n", "row 2 (line 4), column 'text': a quote stands inside an unquoted field")]
    [TestCase("language,text,label\nen,\"a\"b,c\n", "row 1 (line 2), column 'text': a quoted field goes on behind its closing quote")]
    [TestCase("language,text\nen,a\nen,\"b\nen,c\n", "row 2 (line 3), column 'text': the quote that opens a field is never closed")]
    [TestCase("language,\"text\nen,a\n", "header (line 1), field 2: the quote that opens a field is never closed")]
    [TestCase("language,text\nen,a\0b\n", "row 1 (line 2), column 'text': there is a NUL character (byte offset 18)")]
    public void Read_BrokenFile_SaysWhereAndHow(string content, string expected)
    {
        string path = _folder.Write("a.csv", content);
        InputException error = Assert.Throws<InputException>(() => CorpusReader.Read(path).Count())!;
        Assert.That(error.Message, Does.StartWith(path).And.Contain(expected).And.Not.Contain("\n"));
        Assert.That(error.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Read_OptionalColumnDemandedAndMissing_Throws()
    {
        string path = _folder.Write("a.csv", "language,text,splits\nen,a,train\n");
        Assert.That(() => CorpusReader.Read(path, new CorpusColumns { Split = "split" }).Count(),
            Throws.TypeOf<InputException>().With.Message.Contains("did you mean 'splits'?"));
    }

    [Test]
    public void Read_DomainThatNoRowHas_NamesTheNearest()
    {
        string path = _folder.Write("a.csv", "language,text,domain\nen,a,help\n");
        Assert.That(() => CorpusReader.Read(path, new CorpusColumns { TrainDomain = "hepl" }).Count(),
            Throws.TypeOf<InputException>().With.Message.Contains("no row has the domain 'hepl'; did you mean 'help'?"));
    }

    [Test]
    public void Read_MissingFileOrFolder_Throws()
    {
        Assert.That(() => CorpusReader.Read(_folder.File("none.csv")).Count(), Throws.TypeOf<InputException>().With.Message.Contains("no such corpus file"));
        Assert.That(() => CorpusReader.Read(_folder.Path).Count(), Throws.TypeOf<InputException>().With.Message.Contains("found a folder"));
    }

    [Test]
    public void Read_Utf16OrSpreadsheet_SaysSo()
    {
        string utf16 = _folder.Write("a.csv", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("language,text\n")]);
        Assert.That(() => CorpusReader.Read(utf16).Count(), Throws.TypeOf<InputException>().With.Message.Contains("save it as UTF-8"));
        string sheet = _folder.Write("b.csv", "PK\u0003\u0004....");
        Assert.That(() => CorpusReader.Read(sheet).Count(), Throws.TypeOf<InputException>().With.Message.Contains("export it as CSV"));
    }

    [Test]
    public void Read_InvalidUtf8InKnownRow_NamesRowLineColumnAndOffset()
    {
        byte[] before = Encoding.UTF8.GetBytes("\uFEFFlanguage,text\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $"en,\"text é {i}\nsecond line\"\n")));
        byte[] row = [.. "fr,caf"u8, 0xE9, .. " noir\nen,more\n"u8];
        string path = _folder.Write("a.csv", [.. before, .. row]);
        Assert.That(() => CorpusReader.Read(path).Count(), Throws.TypeOf<InputException>().With.Message.EqualTo(
            $"{path}, row 40001 (line 80002), column 'text': invalid UTF-8 (byte 0xE9 at byte offset {before.Length + 6}); save the file as UTF-8"));
    }

    [Test]
    public void Read_InvalidUtf8InHeader_Throws()
    {
        string path = _folder.Write("a.csv", [.. "language,text,caf"u8, 0xE9, .. "\nen,a,b\n"u8]);
        Assert.That(() => CorpusReader.Read(path).Count(), Throws.TypeOf<InputException>().With.Message.Contains("the header is no valid UTF-8"));
    }

    /// <summary>Rows behind the open quote: too few to pass the bound, enough to pass it, or with quotes of their own.</summary>
    [TestCase(10, "x", "the quote that opens a field is never closed")]
    [TestCase(400_000, "x", "the quote that opens a field is not closed within 1,048,576 bytes")]
    [TestCase(10, "\"x\"", "a quoted field goes on behind its closing quote")]
    public void Read_BrokenQuoteInRow100000_NamesTheRowWhereItStarts(int rowsBehind, string text, string expected)
    {
        string path = _folder.File("a.csv");
        using (StreamWriter writer = new(path))
        {
            writer.Write("language,text\n");
            for (int i = 1; i < 100_000; i++) writer.Write($"en,\"text {i}\"\n");
            writer.Write("en,\"broken\n");
            for (int i = 0; i < rowsBehind; i++) writer.Write($"fr,{text}\n");
        }
        int read = 0;
        InputException error = Assert.Throws<InputException>(() =>
        {
            foreach (CorpusText _ in CorpusReader.Read(path)) read++;
        })!;
        Assert.That(error.Message, Does.Contain("row 100000 (line 100001), column 'text': " + expected));
        Assert.That(read, Is.EqualTo(99_999));
    }

    [Test]
    public void Read_RowLongerThanTheBoundInGzip_NamesTheColumn()
    {
        string path = _folder.Write("a.csv", Gzip.Compress(Encoding.UTF8.GetBytes("language,text,label\nen,a,b\nen," + new string('x', 400_000) + ",b\n")));
        Assert.That(() => CorpusReader.Read(path, maxRowBytes: 1000).Count(), Throws.TypeOf<InputException>().With.Message.Contains(
            "row 2 (line 3), column 'text': the row is longer than 1,000 bytes"));
        Assert.That(CorpusReader.Read(path).Count(), Is.EqualTo(2));
    }

    [Test]
    public void Read_LongRowAlreadyInTheBuffer_IsHeldToTheSameBound()
    {
        string path = _folder.Write("a.csv", "language,text\nen," + new string('x', 2000) + "\n");
        Assert.That(() => CorpusReader.Read(path, maxRowBytes: 1000).Count(), Throws.TypeOf<InputException>().With.Message.Contains("row 1 (line 2)"));
    }

    [Test]
    public void Read_AnyTextsWrittenAsCsv_ComeBack()
    {
        Gen<string> text = Gen.OneOf("\"", ",", "\n", "\r\n", "é", "𐐷", "a", " ", "字", "'", ";").Array[0, 12].Select(string.Concat);
        int file = 0;
        text.Array[1, 30].Sample(texts =>
        {
            string path = _folder.Write($"{file++}.csv", "language,text\n" + string.Concat(texts.Select(t => $"en,\"{t.Replace("\"", "\"\"")}\"\r\n")));
            Assert.That(CorpusReader.Read(path).Select(t => t.Text), Is.EqualTo(texts.Select(t => t.Trim()).Where(t => t.Length > 0)));
        }, iter: 200, threads: 1);
    }

    [Test]
    public void Read_LongFile_KeepsMemoryFlat()
    {
        string path = _folder.File("a.csv");
        using (StreamWriter writer = new(path))
        {
            writer.Write("language,text\n");
            for (int i = 0; i < 400_000; i++) writer.Write($"en,\"{i} żółta łódź płynie po rzece, a za nią druga, tej samej barwy; nr {i} ma żagiel i wiosła, lecz mało wiatru\"\n");
        }
        Assert.That(new FileInfo(path).Length, Is.GreaterThan(45_000_000));
        long before = GC.GetTotalMemory(forceFullCollection: true), peak = 0;
        int rows = 0;
        foreach (CorpusText _ in CorpusReader.Read(path))
        {
            if (++rows % 100_000 == 0) peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
        }
        Assert.That(rows, Is.EqualTo(400_000));
        Assert.That(peak - before, Is.LessThan(4_000_000));
    }
}
