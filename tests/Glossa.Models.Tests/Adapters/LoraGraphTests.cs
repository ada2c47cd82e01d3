using Glossa.Models.Adapters;
using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.TaskHeads;
using Glossa.Models.Tests.Quantization;
using Glossa.Models.Tests.TaskHeads;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Tests.Adapters;

public sealed class LoraGraphTests
{
    private static readonly LoraOptions Options = new() { Rank = 2, Alpha = 3, Seed = 7 };

    [Test]
    public void Attach_AtTheStart_ChangesNothing()
    {
        AdaptedModel adapted = LoraGraph.Attach(Bert(), Options);
        Assert.That(BertFixture.Run(adapted.Model.Forward, "logits"), Is.EqualTo(BertFixture.Run(Bert().Forward, "logits")).Within(1e-6));
    }

    [Test]
    public void Attach_Bert_AdaptsEveryLinearLayerAndNoEmbedding()
    {
        ImportedModel imported = Bert();
        AdaptedModel adapted = LoraGraph.Attach(imported, Options);
        // Query, key, value, output and the two of the feed-forward, in each of two layers; and the head.
        Assert.That(adapted.Adapters, Has.Count.EqualTo(13));
        Assert.That(adapted.Model.Parameters.Select(p => p.Name), Is.EquivalentTo(adapted.Adapters.SelectMany(a => new[] { a.Left, a.Right })));
        Assert.That(adapted.Adapters.Select(a => a.Weight), Has.None.Contains("embeddings"));
    }

    [Test]
    public void Attach_WithEmbeddings_AdaptsTheTablesThatAreOnlyLookedUpIn()
    {
        ImportedModel imported = Bert();
        AdaptedModel adapted = LoraGraph.Attach(imported, Options with { Embeddings = true });
        Assert.That(adapted.Adapters.Select(a => a.Weight).Where(name => name.Contains("embeddings", StringComparison.Ordinal)), Has.Exactly(3).Items);
        Assert.That(adapted.Adapters, Has.Count.EqualTo(16));
        Assert.That(BertFixture.Run(adapted.Model.Forward, "logits"), Is.EqualTo(BertFixture.Run(imported.Forward, "logits")).Within(1e-6));
        CheckMerged(imported, adapted, model => BertFixture.Run(model, "logits"));
    }

    [Test]
    public void Attach_TableThatIsTheHeadToo_GetsNoAdapter()
    {
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "tied" }, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        GraphBuilder g = new(model.Graph);
        Value ids = g.Input("ids", DataType.Int64, "rows"), table = g.Initializer(OnnxFactory.Tensor("table", [5, 4], Runtime.Normal(20, 1))), w = g.Initializer(OnnxFactory.Tensor("w", [4, 4], Runtime.Normal(16, 2)));
        g.Output(g.MatMul(g.MatMul(g.Gather(table, ids), w), g.Transpose(table, [1, 0])), DataType.Float, "rows", 5);
        AdaptedModel adapted = LoraGraph.Attach(ModelImport.Prepare(model, new ImportOptions()), Options with { Embeddings = true });
        Assert.That(adapted.Adapters.Select(a => a.Weight), Is.EqualTo(new[] { "w" }));
    }

    [Test]
    public void Attach_WholeParameters_AreTrainedBesideTheAdapters()
    {
        AdaptedModel adapted = LoraGraph.Attach(Bert(), Options with { Whole = new HashSet<string> { "classifier.weight", "classifier.bias" } });
        Assert.That(adapted.Adapters, Has.Count.EqualTo(12));
        Assert.That(adapted.Model.Parameters.Select(p => p.Name), Does.Contain("classifier.weight").And.Contain("classifier.bias"));
    }

    [Test]
    public void AddTo_RandomFactors_GivesWhatTheAdaptersCompute()
    {
        ImportedModel imported = Bert();
        AdaptedModel adapted = LoraGraph.Attach(imported, Options);
        CheckMerged(imported, adapted, model => BertFixture.Run(model, "logits"));
    }

    [TestCase(false, false, 1f)]
    [TestCase(true, false, 1f)]
    [TestCase(true, true, 0.5f)]
    public void AddTo_GemmWithAttributes_GivesWhatTheAdaptersCompute(bool transB, bool transA, float alpha)
    {
        ImportedModel imported = ModelImport.Prepare(Gemm(transB, transA, alpha), new ImportOptions());
        AdaptedModel adapted = LoraGraph.Attach(imported, Options);
        float[] data = Runtime.Normal(12, 3);
        CheckMerged(imported, adapted, model =>
        {
            using OrtValue x = transA ? Runtime.Of(data, 4, 3) : Runtime.Of(data, 3, 4);
            return Runtime.Run(model, "y", ("x", x));
        });
    }

    [Test]
    public void Attach_TargetsOfSomeLayers_AdaptsThoseAlone()
    {
        AdaptedModel adapted = LoraGraph.Attach(Bert(), Options with { Targets = "*query*|*value*" });
        Assert.That(adapted.Adapters, Has.Count.EqualTo(4));
    }

    [Test]
    public void Attach_NoSuchTarget_NamesWeights() => Assert.That(() => LoraGraph.Attach(Bert(), Options with { Targets = "nothing" }),
        Throws.TypeOf<InputException>().With.Message.Contains("matches 'nothing'; weights are called "));

    [TestCase(0, 1f)]
    [TestCase(2, 0f)]
    [TestCase(2, float.NaN)]
    public void Attach_SettingsThatAdaptNothing_AreRefused(int rank, float alpha) =>
        Assert.That(() => LoraGraph.Attach(Bert(), new LoraOptions { Rank = rank, Alpha = alpha }), Throws.TypeOf<InputException>());

    private static void CheckMerged(ImportedModel imported, AdaptedModel adapted, Func<ModelProto, float[]> run)
    {
        Dictionary<string, TensorProto> tensors = adapted.Model.Forward.Graph.Initializer.ToDictionary(i => i.Name);
        Dictionary<string, ReadOnlyMemory<float>> merged = [];
        ulong seed = 1;
        foreach (LoraAdapter adapter in adapted.Adapters)
        {
            float[] left = Runtime.Normal(adapter.Rows * adapter.Rank, seed++), right = Runtime.Normal(adapter.Rank * adapter.Columns, seed++), weight = OnnxFactory.Floats(tensors[adapter.Weight]);
            adapter.AddTo(weight, left, right);
            merged[adapter.Weight] = weight;
            tensors[adapter.Left].RawData = OnnxFactory.Tensor("", [left.Length], left).RawData;
            tensors[adapter.Right].RawData = OnnxFactory.Tensor("", [right.Length], right).RawData;
        }
        float[] expected = run(adapted.Model.Forward), actual = run(TrainedWeights.WriteBack(imported, merged));
        Assert.That(Runtime.RelativeError(actual, expected), Is.LessThan(1e-5));
        Assert.That(Runtime.RelativeError(run(imported.Original), expected), Is.GreaterThan(0.01), "the adapters change the output");
    }

    private static ImportedModel Bert() => ModelImport.Prepare(ClassificationHead.Attach(BertFixture.Read("feature-extraction"), new HeadOptions { Classes = 3 }).Model, new ImportOptions());

    private static ModelProto Gemm(bool transB, bool transA, float alpha)
    {
        ModelProto model = new() { IrVersion = 8, Graph = new GraphProto { Name = "gemm" }, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        GraphBuilder g = new(model.Graph);
        Value x = g.Input("x", DataType.Float, transA ? [4, "rows"] : ["rows", 4]);
        Value w = g.Initializer(OnnxFactory.Tensor("w", transB ? [5, 4] : [4, 5], Runtime.Normal(20, 1))), b = g.Initializer(OnnxFactory.Tensor("b", [5], Runtime.Normal(5, 2)));
        Value y = g.Op("Gemm", [x, w, b], "y", "", OnnxFactory.Attribute("transB", transB ? 1L : 0L), OnnxFactory.Attribute("transA", transA ? 1L : 0L), OnnxFactory.Attribute("alpha", alpha));
        g.Output(y, DataType.Float, "rows", 5);
        return model;
    }
}
