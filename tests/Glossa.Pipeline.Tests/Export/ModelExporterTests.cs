using System.Text.Json.Nodes;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Tests.Evaluate;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Export;

public sealed class ModelExporterTests
{
    private static readonly ByteTokenizer Tokenizer = new();
    private static readonly (string, IReadOnlyList<string>)[] Texts =
        [("aa", ["some text", "and a longer one that does not fit into a window of 40 tokens"]), ("bb", ["Ünïcödé", "x"])];

    private static readonly List<ScoringSequence> Sequences = ScoringSequences.FromTexts(Tokenizer, Texts);
    private static readonly ScoringOptions Scoring = new() { Window = 40, TextVocabularySize = 259, Threads = 1 };

    [Test]
    public void Export_Preset_WritesFilesWhoseFiguresEvaluationRepeats()
    {
        using TemporaryFolder temporary = new();
        ExportOptions options = new() { Scoring = Scoring, TimedRuns = 3, Calibration = Sequences, Precisions = ExportPrecisions.All };
        IReadOnlyList<ExportRecord> records = ModelExporter.Export(temporary.At("model"), TestModels.Preset(), Content(temporary), Sequences, ["aa", "bb"], options);

        ModelFolder folder = ModelFolder.Open(temporary.At("model"));
        using TextStore corpus = Ingest(temporary);
        Assert.That(records.Select(r => r.Precision), Is.EqualTo(new[] { "fp32", "fp16", "int8", "int8-static", "int4" }));
        foreach (ExportRecord record in records)
        {
            EvaluationResult again = ModelEvaluation.Run(folder, Tokenizer, corpus, CorpusSplit.Test, ExportPrecisions.Parse(record.Precision));
            Assert.That(again.Mean, Is.EqualTo(record.BitsPerByte).Within(1e-9));
            Assert.That(new FileInfo(temporary.At("model/" + record.File)).Length, Is.EqualTo(record.Bytes));
            Assert.That(record.MillisecondsPerSentence, Is.GreaterThan(0));
            Assert.That(record.Speed.LoadMilliseconds, Is.GreaterThan(0));
            Assert.That(record.Speed.MillisecondsPerBatch, Is.GreaterThan(0));
            Assert.That(record.Speed.TokensPerSecond, Is.GreaterThan(0));
        }
        Assert.That(records[0].RelativeChange, Is.Zero);
        Assert.That(records[1].RelativeChange, Is.InRange(-0.001, 0.001));
        Assert.That(records[2].RelativeChange, Is.Not.Zero.And.InRange(-0.01, 0.01));
        Assert.That(records[3].RelativeChange, Is.Not.Zero.And.InRange(-0.02, 0.02));
        Assert.That(records[4].RelativeChange, Is.Not.Zero.And.InRange(-0.05, 0.05));
        Assert.That(records.Skip(1).Select(record => (double)record.Bytes / records[0].Bytes), Is.All.LessThan(0.65));
    }

    [Test]
    public void Export_Twice_WritesTheSameBytes()
    {
        using TemporaryFolder temporary = new();
        ExportOptions options = new() { Scoring = Scoring, TimedRuns = 1 };
        foreach (string name in new[] { "one", "two" })
            ModelExporter.Export(temporary.At(name), TestModels.Preset(), Content(temporary), Sequences, ["aa", "bb"], options);
        foreach (string file in Directory.EnumerateFiles(temporary.At("one"), "*", SearchOption.AllDirectories))
        {
            string twin = Path.Combine(temporary.At("two"), Path.GetRelativePath(temporary.At("one"), file));
            Assert.That(File.ReadAllBytes(twin), Is.EqualTo(File.ReadAllBytes(file)), file);
        }
    }

    [TestCase(ExportPrecision.DynamicInt8, "model_quantized.onnx")]
    [TestCase(ExportPrecision.StaticInt8, "model_int8.onnx")]
    public void Export_LossAboveTheGate_NamesFileFiguresAndWorstLayer(ExportPrecision precision, string file)
    {
        using TemporaryFolder temporary = new();
        ExportOptions options = new() { Scoring = Scoring, TimedRuns = 1, Precisions = [precision], Calibration = Sequences, Gates = new Dictionary<ExportPrecision, double> { [precision] = -1 } };
        WorkException? e = Assert.Throws<WorkException>(() => ModelExporter.Export(
            temporary.At("model"), TestModels.Preset(), Content(temporary), Sequences, ["aa", "bb"], options));
        Assert.That(e!.Message, Does.Contain(file).And.Contain("bits per byte").And.Contain("loses most is 'model.layers.").And.Contain("of its output)"));
        Assert.That(File.Exists(temporary.At("model/onnx/" + file)), Is.False);
    }

    [Test]
    public void Export_StaticInt8WithoutTexts_SaysWhatItNeeds()
    {
        using TemporaryFolder temporary = new();
        ExportOptions options = new() { Scoring = Scoring, TimedRuns = 1, Precisions = [ExportPrecision.StaticInt8] };
        InputException? e = Assert.Throws<InputException>(() => ModelExporter.Export(temporary.At("model"), TestModels.Preset(), Content(temporary), Sequences, ["aa", "bb"], options));
        Assert.That(e!.Message, Does.Contain("static int8 needs calibration samples"));
    }

    [Test]
    public void Export_Int4BeyondItsGate_FailsWhole_AndPassesWithASearchedPlan()
    {
        using TemporaryFolder temporary = new();
        ExportOptions whole = new() { Scoring = Scoring, TimedRuns = 1, Precisions = [ExportPrecision.Int4], Calibration = Sequences, Gates = new Dictionary<ExportPrecision, double>() };
        ModelProto model = TestModels.Preset(scale: 0.5f);
        ExportRecord[] free = [.. ModelExporter.Export(temporary.At("free"), model, Content(temporary), Sequences, ["aa", "bb"], whole)];
        Assert.That(free[1].RelativeChange, Is.GreaterThan(0));
        ExportOptions gated = whole with { Gates = new Dictionary<ExportPrecision, double> { [ExportPrecision.Int4] = free[1].RelativeChange / 2 } };
        WorkException? e = Assert.Throws<WorkException>(() => ModelExporter.Export(temporary.At("whole"), model, Content(temporary), Sequences, ["aa", "bb"], gated));
        Assert.That(e!.Message, Does.Contain("int4 has").And.Contain("the layer that loses most is '"));

        ExportRecord[] searched = [.. ModelExporter.Export(temporary.At("searched"), model, Content(temporary), Sequences, ["aa", "bb"], gated with { SearchPlan = true })];
        Assert.That(searched[1].RelativeChange, Is.LessThanOrEqualTo(free[1].RelativeChange / 2));
        Assert.That(searched[1].Bytes, Is.InRange(free[1].Bytes + 1, searched[0].Bytes - 1));
    }

    [Test]
    public void Measure_LayerWhoseScaleIsWasted_ComesFirst()
    {
        // Coordinate 0 is always 0, so the huge row of 'spread' changes no output but takes all of its columns' range.
        float[] table = TestModels.Normal(260 * 8, 1), plain = TestModels.Normal(64, 2), spread = TestModels.Normal(64, 3);
        for (int token = 0; token < 260; token++) table[token * 8] = 0;
        spread.AsSpan(0, 8).Fill(1000);
        GraphBuilder g = new(new GraphProto { Name = "two" });
        Value x = g.Gather(g.Initializer(OnnxFactory.Tensor("embed", [260, 8], table)), g.Input("input_ids", TensorProto.Types.DataType.Int64, "batch", "sequence"));
        g.Output(g.MatMul(x, g.Initializer(OnnxFactory.Tensor("plain", [8, 8], plain))), TensorProto.Types.DataType.Float);
        g.Output(g.MatMul(x, g.Initializer(OnnxFactory.Tensor("spread", [8, 8], spread))), TensorProto.Types.DataType.Float);
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 21 });

        IReadOnlyList<LayerError> errors = LayerErrors.Measure(model, Sequences, Scoring, ExportPrecision.DynamicInt8);
        Assert.That(errors[0].Weight, Is.EqualTo("spread"));
        Assert.That(errors[0].RelativeError, Is.GreaterThan(0.3));
        Assert.That(errors.Skip(1).Select(l => l.RelativeError), Is.All.InRange(1e-4, 0.02));
    }

    [Test]
    public void Write_Content_IsReadBack()
    {
        using TemporaryFolder temporary = new();
        ModelFolder.Write(temporary.At("model"), Content(temporary));
        OnnxFile.Write(temporary.At("model/onnx/model.onnx"), TestModels.Preset());

        ModelFolder folder = ModelFolder.Open(temporary.At("model"));
        JsonNode generation = JsonNode.Parse(File.ReadAllText(temporary.At("model/generation_config.json")))!;
        Assert.That(folder.Facts, Has.Property("TextVocabulary").EqualTo(259).And.Property("Context").EqualTo(48).And.Property("ScoringWindow").EqualTo(40));
        Assert.That(folder.Facts.LanguageTags, Is.EqualTo(new Dictionary<string, int> { ["aa"] = 259 }));
        Assert.That((string?)folder.Config["model_type"], Is.EqualTo("nanochat"));
        Assert.That(generation["suppress_tokens"]!.AsArray().Select(n => (int)n!), Is.EqualTo(new[] { 256, 258, 259 }));
        Assert.That((int)generation["eos_token_id"]!, Is.EqualTo(257));
    }

    [Test]
    public void DeclareData_ModelsInTwoFiles_AreNamedForTheClientAndNoOthers()
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        string before = File.ReadAllText(temporary.At("model/config.json"));
        ModelFolder.DeclareData(temporary.At("model"));
        Assert.That(File.ReadAllText(temporary.At("model/config.json")), Is.EqualTo(before));

        File.WriteAllText(temporary.At("model/onnx/model.onnx_data"), "numbers");
        ModelFolder.DeclareData(temporary.At("model"));
        JsonNode config = JsonNode.Parse(File.ReadAllText(temporary.At("model/config.json")))!;
        Assert.That(config["transformers.js_config"]!["use_external_data_format"]!.ToJsonString(), Is.EqualTo("""{"model.onnx":1}"""));
        Assert.That(ModelFolder.Open(temporary.At("model")).Facts.Context, Is.EqualTo(48));

        File.Delete(temporary.At("model/onnx/model.onnx_data"));
        ModelFolder.DeclareData(temporary.At("model"));
        Assert.That(File.ReadAllText(temporary.At("model/config.json")), Does.Not.Contain("use_external_data_format"));
    }

    [TestCase("config.json", "config.json")]
    [TestCase("tokenizer.json", "no tokenizer file")]
    [TestCase("onnx/model.onnx", "no fp32 model file")]
    public void Open_FileMissing_SaysWhich(string file, string expected)
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        File.Delete(temporary.At("model/" + file));
        Assert.That(Assert.Throws<InputException>(() => ModelFolder.Open(temporary.At("model")))!.Message, Does.Contain(expected));
    }

    [Test]
    public void Open_TruncatedModel_SaysDamaged([Values(0, 1, 100, 40_000)] int length)
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        string file = temporary.At("model/onnx/model.onnx");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);
        Assert.That(Assert.Throws<InputException>(() => ModelFolder.Open(temporary.At("model")))!.Message, Does.Contain("damaged model file"));
    }

    [TestCase("{", "not valid JSON")]
    [TestCase("[]", "expected a JSON object")]
    [TestCase("""{"glossa": {"context": 0, "textVocabulary": 5}}""", "'context'")]
    [TestCase("""{"vocab_size": 5}""", "'max_position_embeddings'")]
    public void Open_BrokenConfig_SaysWhatIsWrong(string config, string expected)
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        File.WriteAllText(temporary.At("model/config.json"), config);
        Assert.That(Assert.Throws<InputException>(() => ModelFolder.Open(temporary.At("model")))!.Message, Does.Contain(expected));
    }

    [Test]
    public void Open_ThirdPartyFolder_TakesContextFromItsConfig()
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        File.Copy(Path.Combine(TestModels.Folder("text-generation-gpt2"), "config.json"), temporary.At("model/config.json"), overwrite: true);
        Assert.That(ModelFolder.Open(temporary.At("model")).Facts, Has.Property("Context").EqualTo(128).And.Property("TextVocabulary").EqualTo(1000));
    }

    [Test]
    public void Run_SplitWithoutTexts_SaysSo()
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        using TextStore corpus = Ingest(temporary);
        InputException? e = Assert.Throws<InputException>(
            () => ModelEvaluation.Run(ModelFolder.Open(temporary.At("model")), Tokenizer, corpus, CorpusSplit.Valid));
        Assert.That(e!.Message, Does.Contain("valid split"));
    }

    [Test]
    public void Run_FolderAndCsv_ScoresTheSplitWithTheFoldersTokenizer()
    {
        using TemporaryFolder temporary = new();
        WriteAll(temporary);
        HuggingFaceTokenizer.Save(BpeTrainer.Train([("aa", "some text some text"), ("bb", "x")],
            new BpeTrainerOptions { VocabularySize = 259, LanguageTags = ["aa"], Threads = 1 }), temporary.At("model"), 48);
        ITokenizer tokenizer = TextTokenizer.Load(temporary.At("model"));
        Ingest(temporary).Dispose();

        EvaluationResult result = ModelEvaluation.Run(temporary.At("model"), temporary.At("corpus.csv"), CorpusSplit.Test);

        using CausalScorer scorer = CausalScorer.Open(temporary.At("model/onnx/model.onnx"), Scoring);
        EvaluationResult expected = scorer.Score(tokenizer, Texts);
        Assert.That(result.Languages, Is.EqualTo(expected.Languages));
    }

    /// <summary>A corpus whose test split holds <see cref="Texts"/> and whose train split holds another text.</summary>
    private static TextStore Ingest(TemporaryFolder temporary)
    {
        File.WriteAllLines(temporary.At("corpus.csv"),
            ["language,split,text", "aa,train,not this", .. Texts.SelectMany(t => t.Item2.Select(text => $"{t.Item1},test,{text}"))]);
        CorpusIngest.Run(temporary.At("corpus.csv"), temporary.At("corpus.texts"));
        return TextStore.Open(temporary.At("corpus.texts"));
    }

    private static void WriteAll(TemporaryFolder temporary)
    {
        ModelFolder.Write(temporary.At("model"), Content(temporary));
        OnnxFile.Write(temporary.At("model/onnx/model.onnx"), TestModels.Preset());
    }

    private static ModelFolderContent Content(TemporaryFolder temporary)
    {
        File.WriteAllText(temporary.At("tokenizer.json"), "{}");
        File.WriteAllText(temporary.At("tokenizer_config.json"), "{}");
        return new ModelFolderContent(
            new JsonObject { ["model_type"] = "nanochat", ["vocab_size"] = 260 },
            new ModelFacts(259, 48, 40, new Dictionary<string, int> { ["aa"] = 259 }),
            new GenerationDefaults(256, 257, 258, 48, [259, 256, 258]), temporary.Path);
    }
}
