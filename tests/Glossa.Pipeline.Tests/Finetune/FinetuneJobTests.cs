using System.Text.Json.Nodes;
using Glossa.Data.Corpora;
using Glossa.Models.Adapters;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Finetune;
using Glossa.Pipeline.Finetune.Scoring;
using Glossa.Pipeline.Progress;
using Glossa.Training.Deltas;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Finetune;

public sealed class FinetuneJobTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Run_Classification_LearnsAndWritesTheLayout()
    {
        FinetuneReport report = Run("feature-extraction", TinyFolder.Options with { Epochs = 12, Baseline = true });
        Assert.That(report.Test!.Accuracy, Is.GreaterThan(0.85));
        Assert.That(report.Test.Languages.Select(l => l.Language), Is.SubsetOf(new[] { "de", "en" }));
        Assert.That(report.Baseline!.Texts, Is.EqualTo(report.Test.Texts));
        JsonObject config = (JsonObject)JsonNode.Parse(File.ReadAllText(_folder.At("out", "config.json")))!;
        Assert.That(config["architectures"]![0]!.ToString(), Is.EqualTo("BertForSequenceClassification"));
        Assert.That(config["id2label"]!["0"]!.ToString(), Is.EqualTo("cold"));
        Assert.That(config["label2id"]!["warm"]!.GetValue<int>(), Is.EqualTo(1));
        Assert.That(File.ReadAllBytes(_folder.At("out", "tokenizer.json")), Is.EqualTo(File.ReadAllBytes(Path.Combine(TinyFolder.Path("feature-extraction"), "tokenizer.json"))));
        ModelProto model = OnnxFile.Read(_folder.At("out", "onnx", "model.onnx"));
        Assert.That(model.Graph.Output.Select(o => o.Name), Is.EqualTo(new[] { "logits" }));
        Assert.That(model.Graph.Input.Select(i => i.Name), Is.EqualTo(new[] { "input_ids", "attention_mask", "token_type_ids" }));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "corpus.csv", "out" }), "nothing is left behind");
    }

    [Test]
    public void Run_SameSeed_SameBits()
    {
        Run("feature-extraction", TinyFolder.Options, "one");
        Run("feature-extraction", TinyFolder.Options, "two");
        Run("feature-extraction", TinyFolder.Options with { Seed = 2 }, "other");
        Assert.That(Model("two"), Is.EqualTo(Model("one")));
        Assert.That(Model("other"), Is.Not.EqualTo(Model("one")));
    }

    [Test]
    public void Run_StoppedAndStartedAgain_GivesTheBitsOfAnUninterruptedRun()
    {
        Run("feature-extraction", TinyFolder.Options, "whole");
        using CancellationTokenSource source = new();
        StopAfter stop = new(40, source);
        Assert.That(() => FinetuneJob.Run(TinyFolder.Path("feature-extraction"), TinyFolder.Corpus(_folder), _folder["stopped"], TinyFolder.Options, stop, source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.Exists(_folder["stopped"]), Is.False);
        StopAfter again = new(int.MaxValue, source);
        FinetuneJob.Run(TinyFolder.Path("feature-extraction"), TinyFolder.Corpus(_folder), _folder["stopped"], TinyFolder.Options, again);
        Assert.That(again.Notes, Has.Some.StartsWith("resuming after step"));
        Assert.That(Model("stopped"), Is.EqualTo(Model("whole")));
    }

    [Test]
    public void Run_Lora_ShipsADeltaThatGivesTheSameModel()
    {
        FinetuneReport report = Run("feature-extraction", TinyFolder.Options with { Lora = new LoraOptions { Rank = 2, Alpha = 4 } });
        Assert.That(report.Method, Is.EqualTo("lora"));
        Assert.That(report.TrainedParameters, Is.LessThan(report.Parameters / 10));
        Assert.That(report.BytesToShip, Is.EqualTo(new FileInfo(_folder.At("out", DeltaFile.Name)).Length));
        DeltaJob.Apply(TinyFolder.Path("feature-extraction"), [_folder["out"]], _folder["merged"]);
        Assert.That(Model("merged"), Is.EqualTo(Model("out")));
        Assert.That(() => DeltaJob.Apply(_folder["out"], [_folder.At("out", DeltaFile.Name)], _folder["twice"]), Throws.TypeOf<InputException>().With.Message.Contains("made from a model with other weights"));
    }

    [Test]
    public void Run_Sparse_ChangesTheChosenShareAlone()
    {
        FinetuneReport report = Run("feature-extraction", TinyFolder.Options with { Sparse = 0.01, DeltaOnly = true });
        Assert.That(File.Exists(_folder.At("out", "onnx", "model.onnx")), Is.False);
        ModelDelta delta = DeltaFile.Read(_folder.At("out", DeltaFile.Name));
        long chosen = delta.Sparse.Values.Sum(change => (long)change.Indices.Length), head = delta.New.Values.Sum(tensor => (long)tensor.Data.Length);
        Assert.That(report.TrainedParameters, Is.EqualTo(chosen + head));
        Assert.That(chosen, Is.EqualTo(Math.Ceiling(0.01 * (report.Parameters - head))).Within(1));

        DeltaJob.Apply(TinyFolder.Path("feature-extraction"), [_folder.At("out", DeltaFile.Name)], _folder["merged"]);
        Dictionary<string, float[]> before = Weights(TinyFolder.Path("feature-extraction")), after = Weights(_folder["merged"]);
        long changed = before.Sum(weight => weight.Value.Zip(after[weight.Key]).LongCount(pair => pair.First != pair.Second));
        Assert.That(changed, Is.InRange(1, chosen));
    }

    [Test]
    public void Apply_DeltasOfTwoTasks_AddUp()
    {
        Run("feature-extraction", TinyFolder.Options with { Sparse = 0.01 }, "sparse");
        Run("feature-extraction", TinyFolder.Options with { Lora = new LoraOptions { Rank = 1 }, Seed = 3 }, "lora");
        StopAfter notes = new(int.MaxValue, null);
        DeltaJob.Apply(TinyFolder.Path("feature-extraction"), [_folder["sparse"], _folder["lora"]], _folder["sum"], notes);
        Assert.That(notes.Notes, Has.Some.StartsWith("the head is that of"));
        Dictionary<string, float[]> start = Weights(TinyFolder.Path("feature-extraction")), sparse = Weights(_folder["sparse"]), lora = Weights(_folder["lora"]), sum = Weights(_folder["sum"]);
        foreach ((string name, float[] weight) in start)
            for (int i = 0; i < weight.Length; i++) Assert.That(sum[name][i] - weight[i], Is.EqualTo(sparse[name][i] - weight[i] + (lora[name][i] - weight[i])).Within(1e-5), name);
        Assert.That(sum["classifier.weight"], Is.EqualTo(sparse["classifier.weight"]));
    }

    [TestCase(FinetuneTask.MaskedLm, "fill-mask")]
    [TestCase(FinetuneTask.CausalLm, "text-generation-gpt2")]
    [TestCase(FinetuneTask.Embedding, "feature-extraction")]
    public void Run_OtherTasks_LowerTheLossOnUnseenTexts(FinetuneTask task, string model)
    {
        FinetuneReport report = Run(model, TinyFolder.Options with { Task = task, Epochs = 8, LearningRate = 2e-3, Corpus = new FinetuneCorpusOptions { Pair = task == FinetuneTask.Embedding ? "pair" : null } });
        Assert.That(report.Loss.TestAfter!.Value, Is.LessThan(report.Loss.TestBefore!.Value * 0.9));
        Assert.That(report.Test, Is.Null);
        ModelProto before = OnnxFile.Read(Path.Combine(TinyFolder.Path(model), "onnx", "model.onnx")), after = OnnxFile.Read(_folder.At("out", "onnx", "model.onnx"));
        Assert.That(after.Graph.Output, Is.EqualTo(before.Graph.Output));
        Assert.That(after.Graph.Node, Is.EqualTo(before.Graph.Node));
    }

    [Test]
    public void Run_FrozenEmbeddings_StayAsTheyAre()
    {
        Run("feature-extraction", TinyFolder.Options with { Freeze = ["*embeddings*"], LayerDecay = 0.8 });
        Dictionary<string, float[]> before = Weights(TinyFolder.Path("feature-extraction")), after = Weights(_folder["out"]);
        foreach ((string name, float[] weight) in before.Where(weight => weight.Value.Length > 1))
        {
            if (name.Contains("embeddings", StringComparison.Ordinal)) Assert.That(after[name], Is.EqualTo(weight), name);
            else if (name.EndsWith(".query.bias", StringComparison.Ordinal)) Assert.That(after[name], Is.Not.EqualTo(weight), name);
        }
    }

    [Test]
    public void Evaluate_FineTunedFolder_GivesTheReportsFigures()
    {
        FinetuneReport report = Run("feature-extraction", TinyFolder.Options);
        ClassificationEvaluationResult evaluation = ClassificationEvaluation.Run(_folder["out"], _folder["corpus.csv"], CorpusSplit.Test);
        Assert.That(ClassificationEvaluation.Applies(_folder["out"]));
        Assert.That(ClassificationEvaluation.Applies(TinyFolder.Path("feature-extraction")), Is.False);
        Assert.That(evaluation.Score.Accuracy, Is.EqualTo(report.Test!.Accuracy));
        Assert.That(evaluation.Score.Languages, Is.EqualTo(report.Test.Languages));
        Assert.That(evaluation.OtherLabels, Is.Zero);
    }

    [Test]
    public void Run_OutputIsThere_SaysSo()
    {
        Directory.CreateDirectory(_folder["out"]);
        Assert.That(() => Run("feature-extraction", TinyFolder.Options), Throws.TypeOf<InputException>().With.Message.Contains("is there already"));
    }

    private static IEnumerable<TestCaseData> BadSettings()
    {
        yield return new(TinyFolder.Options with { Corpus = new FinetuneCorpusOptions { Label = "nothing" } }, "there is no column 'nothing'");
        yield return new(TinyFolder.Options with { Corpus = new FinetuneCorpusOptions { Languages = ["fr"] } }, "the corpus has no text in 'fr'");
        yield return new(TinyFolder.Options with { Freeze = ["nothing*"] }, "no float initializer matches the pattern 'nothing*'");
        yield return new(TinyFolder.Options with { MaxLength = 100_000 }, "--max-length is 100000, the model takes");
        yield return new(TinyFolder.Options with { Sparse = 0.1, Lora = new LoraOptions() }, "exclude each other");
        yield return new(TinyFolder.Options with { DeltaOnly = true }, "--delta-only needs");
        yield return new(TinyFolder.Options with { Epochs = 0 }, "--epochs is 0");
        yield return new(TinyFolder.Options with { Task = FinetuneTask.MaskedLm }, "no 'logits' to predict tokens by; export the model for fill-mask");
    }

    [TestCaseSource(nameof(BadSettings))]
    public void Run_BadSetting_IsOneClearLine(FinetuneOptions options, string message)
    {
        InputException failure = Assert.Throws<InputException>(() => Run("feature-extraction", options))!;
        Assert.That(failure.Message, Does.Contain(message).And.Not.Contain("\n"));
        Assert.That(Directory.GetDirectories(_folder.Path), Is.Empty);
    }

    [Test]
    public void Run_RateThatDiverges_FailsWithAdvice() => Assert.That(() => Run("feature-extraction", TinyFolder.Options with { LearningRate = 1e30, Clip = 0 }),
        Throws.TypeOf<WorkException>().With.Message.Contains("lower --lr"));

    private FinetuneReport Run(string model, FinetuneOptions options, string output = "out") =>
        FinetuneJob.Run(TinyFolder.Path(model), TinyFolder.Corpus(_folder), _folder[output], options);

    private byte[] Model(string folder) => File.ReadAllBytes(_folder.At(folder, "onnx", "model.onnx"));

    private static Dictionary<string, float[]> Weights(string folder) => OnnxFile.Read(Path.Combine(folder, "onnx", "model.onnx")).Graph.Initializer
        .Where(i => i.DataType == (int)TensorProto.Types.DataType.Float && !i.Name.StartsWith("const.", StringComparison.Ordinal)).ToDictionary(i => i.Name, OnnxFactory.Floats);

    /// <summary>Stops the work after so many reports.</summary>
    private sealed class StopAfter(int reports, CancellationTokenSource? source) : IProgressReporter
    {
        private int _seen;

        public List<string> Notes { get; } = [];

        public void StageStarted(string stage)
        {
        }

        public void Report(in ProgressUpdate update)
        {
            if (++_seen == reports / 4) source?.Cancel();
        }

        public void Note(string message) => Notes.Add(message);

        public void StageFinished(string stage, double seconds, bool cached)
        {
        }
    }
}
