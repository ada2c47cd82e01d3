using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Models.Tests.Evaluation;
using NUnit.Framework;

namespace Glossa.Models.Tests.Losses;

/// <summary>Each loss over drawn shapes and labels: its value in plain arithmetic, its gradients against central differences in double, both in ONNX Runtime.</summary>
[TestFixture]
public sealed class LossTests
{
    private static readonly HeadForm[] Sequences = [.. Enum.GetValues<HeadForm>().Where(form => form != HeadForm.Gemm)];

    private static readonly HeadForm[] Rows = [.. Enum.GetValues<HeadForm>().Where(form => form != HeadForm.Sliced)];

    private static IEnumerable<TestCaseData> LabelLosses()
    {
        foreach (LossKind kind in (LossKind[])[LossKind.CausalLm, LossKind.MaskedLm, LossKind.Seq2SeqLm, LossKind.TokenClassification])
            foreach (HeadForm form in Sequences) yield return new TestCaseData(kind, form);
        foreach (HeadForm form in Rows) yield return new TestCaseData(LossKind.SequenceClassification, form);
        foreach (HeadForm form in (HeadForm[])[HeadForm.Product, HeadForm.Gemm, HeadForm.NoProduct]) yield return new TestCaseData(LossKind.CrossEntropy, form);
    }

    [TestCaseSource(nameof(LabelLosses))]
    public void Step_LabelLoss_ValueAndGradientsAreRight(LossKind kind, HeadForm form) =>
        (from batch in Gen.Int[1, 3] from sequence in Gen.Int[1, 4] from ignored in Gen.Int[0, 4] from seed in Gen.Int[0, 1000] select (batch, sequence, ignored, seed)).Sample(drawn =>
        {
            // Logits of any rank are read by the plain cross entropy; a Gemm gives rows only.
            int rank = kind == LossKind.SequenceClassification || (kind == LossKind.CrossEntropy && (form == HeadForm.Gemm || drawn.seed % 2 == 0)) ? 2 : 3;
            ModelProto forward = LossGraphs.Build(rank, form);
            SeededRandom random = new((ulong)drawn.seed);
            int[] shape = rank == 2 ? [drawn.batch] : [drawn.batch, drawn.sequence];
            // Drawn up to 4, "ignored" runs from no label ignored to all of them.
            DoubleTensor labels = DoubleTensor.Wholes(shape, [.. Enumerable.Range(0, DoubleTensor.Count(shape))
                .Select(_ => random.NextInt32(4) < drawn.ignored ? StepModel.IgnoredLabel : random.NextInt32(LossGraphs.Classes))]);
            Check(forward, new StepOptions { Loss = kind, StaticShapes = drawn.seed % 3 == 0 }, new() { ["x"] = Draw(random, [.. shape, LossGraphs.Width]), ["labels"] = labels },
                output => LossGraphs.Expected(kind, output, labels));
        }, iter: 40, seed: "0000000000000", threads: 1);

    [TestCaseSource(nameof(LabelLosses))]
    public void Step_SoftTargets_ValueAndGradientsAreRight(LossKind kind, HeadForm form) =>
        (from batch in Gen.Int[1, 3] from sequence in Gen.Int[1, 4] from targets in Gen.Int[1, 4] from seed in Gen.Int[0, 1000] select (batch, sequence, targets, seed)).Sample(drawn =>
        {
            int rank = kind == LossKind.SequenceClassification || form == HeadForm.Gemm ? 2 : 3;
            SeededRandom random = new((ulong)drawn.seed);
            int[] shape = rank == 2 ? [drawn.batch] : [drawn.batch, drawn.sequence];
            int positions = DoubleTensor.Count(shape);
            DoubleTensor labels = DoubleTensor.Wholes(shape, [.. Enumerable.Range(0, positions).Select(_ => random.NextInt32(3) == 0 ? StepModel.IgnoredLabel : 0)]);
            // Classes are drawn with repetition: what one has twice adds up.
            DoubleTensor ids = DoubleTensor.Wholes([.. shape, drawn.targets], [.. Enumerable.Range(0, positions * drawn.targets).Select(_ => (long)random.NextInt32(LossGraphs.Classes))]);
            double[] drawnWeights = [.. Enumerable.Range(0, positions * drawn.targets).Select(_ => 0.1 + random.NextDouble())];
            DoubleTensor weights = DoubleTensor.Reals([.. shape, drawn.targets], [.. drawnWeights.Chunk(drawn.targets).SelectMany(row => row.Select(w => w / row.Sum()))]);
            float zLoss = drawn.seed % 2 == 0 ? 0.25f : 0;
            Check(LossGraphs.Build(rank, form), new StepOptions { Loss = kind, SoftTargets = true, ZLoss = zLoss, StaticShapes = drawn.seed % 3 == 0 },
                new() { ["x"] = Draw(random, [.. shape, LossGraphs.Width]), ["labels"] = labels, [StepModel.TargetIds] = ids, [StepModel.TargetWeights] = weights },
                output => LossGraphs.Expected(kind, output, labels, ids, weights, zLoss));
        }, iter: 10, seed: "0000000000000", threads: 1);

    [TestCase(LossKind.Mse)]
    [TestCase(LossKind.Embedding)]
    public void Step_SoftTargetsWithoutLabels_AreRefused(LossKind kind) =>
        Assert.That(Assert.Throws<InputException>(() => TrainingStep.Build(LossGraphs.Build(2, HeadForm.Product), new StepOptions { Loss = kind, SoftTargets = true }))!.Message,
            Does.Contain("no labels").And.Contain("cross entropy"));

    [Test]
    public void Step_MeanSquaredError_ValueAndGradientsAreRight() =>
        (from batch in Gen.Int[1, 3] from sequence in Gen.Int[1, 3] from rank in Gen.Int[2, 3] from seed in Gen.Int[0, 1000] select (batch, sequence, rank, seed)).Sample(drawn =>
        {
            SeededRandom random = new((ulong)drawn.seed);
            int[] shape = drawn.rank == 2 ? [drawn.batch] : [drawn.batch, drawn.sequence];
            DoubleTensor target = Draw(random, [.. shape, LossGraphs.Classes]);
            Check(LossGraphs.Build(drawn.rank, HeadForm.ProductAndBias), new StepOptions { Loss = LossKind.Mse }, new() { ["x"] = Draw(random, [.. shape, LossGraphs.Width]), ["target"] = target },
                output => LossGraphs.Expected(LossKind.Mse, output, target));
        }, iter: 100, seed: "0000000000000", threads: 1);

    [TestCase(2, false)]
    [TestCase(3, false)]
    [TestCase(3, true)]
    public void Step_Embedding_ValueAndGradientsAreRight(int rank, bool mask) =>
        (from pairs in Gen.Int[1, 3]
         from sequence in Gen.Int[1, 4]
         from interleaved in Gen.Bool
         from normalize in Gen.Bool
         from seed in Gen.Int[0, 1000]
         select (pairs, sequence, interleaved, normalize, seed)).Sample(drawn =>
        {
            SeededRandom random = new((ulong)drawn.seed);
            int batch = 2 * drawn.pairs;
            int[] shape = rank == 2 ? [batch] : [batch, drawn.sequence];
            Dictionary<string, DoubleTensor> feeds = new() { ["x"] = Draw(random, [.. shape, LossGraphs.Width]) };
            if (mask) feeds["attention_mask"] = DoubleTensor.Wholes(shape, [.. Enumerable.Range(0, batch * drawn.sequence).Select(i => i % drawn.sequence == 0 ? 1L : random.NextInt32(2))]);
            EmbeddingOptions options = new() { Interleaved = drawn.interleaved, Normalize = drawn.normalize, Scale = 2 };
            Check(LossGraphs.Build(rank, HeadForm.Product, mask), new StepOptions { Loss = LossKind.Embedding, Embedding = options, StaticShapes = drawn.seed % 3 == 0 }, feeds,
                output => PlainEmbedding.Loss(output, feeds.GetValueOrDefault("attention_mask"), options));
        }, iter: 60, seed: "0000000000000", threads: 1);

    [TestCase(0)]
    [TestCase(1)]
    public void Step_Custom_ValueAndGradientsAreRight(int rank)
    {
        ModelProto forward = LossGraphs.Build(3, HeadForm.Product);
        GraphBuilder g = new(forward.Graph);
        Value sum = g.ReduceSum(g.Mul(new(forward.Graph.Output[0].Name), new(forward.Graph.Output[0].Name)), [], false, "loss");
        if (rank == 1) sum = g.Reshape(sum, [1], "loss_row");
        forward.Graph.Output[0].Name = sum.Name;
        Check(forward, new StepOptions { Loss = LossKind.Custom }, new() { ["x"] = Draw(new SeededRandom(1), [2, 3, LossGraphs.Width]) }, output => output.Data[0]);
    }

    [Test]
    public void Step_AllLabelsIgnored_LossAndGradientsAreZero(
        [Values(LossKind.MaskedLm, LossKind.CausalLm)] LossKind kind, [Values(HeadForm.Product, HeadForm.TiedTransposed, HeadForm.ProductAndBias)] HeadForm form, [Values] bool accumulate, [Values] bool staticShapes)
    {
        StepModel step = TrainingStep.Build(LossGraphs.Build(3, form), new StepOptions { Loss = kind, Accumulate = accumulate, StaticShapes = staticShapes });
        Dictionary<string, DoubleTensor> feeds = Feeds(LossGraphs.Build(3, form));
        feeds["x"] = Draw(new SeededRandom(2), [2, 3, LossGraphs.Width]);
        feeds["labels"] = DoubleTensor.Wholes([2, 3], -100, -100, -100, -100, -100, -100);
        foreach ((string name, long[] shape) in step.Parameters.Where(_ => accumulate)) feeds[StepModel.Accumulator(name)] = DoubleTensor.Of(TensorProto.Types.DataType.Float, [.. shape.Select(d => (int)d)]);
        foreach ((string name, DoubleTensor value) in RuntimeEvaluator.Run(step.Model.Graph, feeds, [.. step.Model.Graph.Output.Select(o => o.Name)]))
            Assert.That(value.Data, Is.All.EqualTo(0.0), name);
    }

    [TestCase(LossKind.CausalLm)]
    [TestCase(LossKind.MaskedLm)]
    [TestCase(LossKind.SequenceClassification)]
    public void Step_StaticShapes_NoShapeDependsOnData(LossKind kind)
    {
        ModelProto forward = LossGraphs.Build(kind == LossKind.SequenceClassification ? 2 : 3, HeadForm.Product);
        GraphProto usual = TrainingStep.Build(forward, new StepOptions { Loss = kind }).Model.Graph, @static = TrainingStep.Build(forward, new StepOptions { Loss = kind, StaticShapes = true }).Model.Graph;
        Assert.That(usual.Node.Select(node => node.OpType), Has.Some.EqualTo("NonZero"));
        Assert.That(@static.Node.Select(node => node.OpType), Has.None.EqualTo("NonZero"));
    }

    [Test]
    public void Step_TargetProbabilityUnderflows_LossIsExact([Values] bool staticShapes)
    {
        ModelProto forward = LossGraphs.Build(2, HeadForm.NoProduct);
        forward.Graph.Output[0].Name = "x";
        forward.Graph.Output[0].Name = new GraphBuilder(forward.Graph).Op("Identity", [new("hidden")], "logits").Name;
        StepModel step = TrainingStep.Build(forward, new StepOptions { Loss = LossKind.SequenceClassification, StaticShapes = staticShapes });
        Dictionary<string, DoubleTensor> feeds = Feeds(forward);
        feeds["gain"] = DoubleTensor.Reals([3], 1, 1, 1);
        feeds["x"] = DoubleTensor.Reals([2, 3], 0, 300, 0, 1, 0, 0);
        feeds["labels"] = DoubleTensor.Wholes([2], 0, 0);
        double expected = (300 + Math.Log(1 + (2 * Math.Exp(-1)))) / 2;
        Assert.That(RuntimeEvaluator.Run(step.Model.Graph, feeds, [StepModel.Loss])[StepModel.Loss].Data[0], Is.EqualTo(expected).Within(1e-4));
    }

    [TestCase(LossKind.CausalLm)]
    [TestCase(LossKind.SequenceClassification)]
    [TestCase(LossKind.Mse)]
    [TestCase(LossKind.Embedding)]
    public void Step_WeightedMicroBatches_AddUpToTheMean(LossKind kind)
    {
        int rank = kind is LossKind.SequenceClassification or LossKind.Embedding ? 2 : 3;
        ModelProto forward = LossGraphs.Build(rank, HeadForm.ProductAndBias);
        StepModel whole = TrainingStep.Build(forward, new StepOptions { Loss = kind }), weighted = TrainingStep.Build(forward, new StepOptions { Loss = kind, WeightedLoss = true });
        SeededRandom random = new(4);
        int[] Shape(int batch) => rank == 2 ? [batch] : [batch, 3];
        Dictionary<string, DoubleTensor> Batch(int batch)
        {
            Dictionary<string, DoubleTensor> feeds = Feeds(forward);
            feeds["x"] = Draw(random, [.. Shape(batch), LossGraphs.Width]);
            if (kind == LossKind.Mse) feeds["target"] = Draw(random, [.. Shape(batch), LossGraphs.Classes]);
            else if (kind != LossKind.Embedding) feeds["labels"] = DoubleTensor.Wholes(Shape(batch), [.. Enumerable.Range(0, DoubleTensor.Count(Shape(batch))).Select(i => i % 4 == 3 ? -100L : i % 5)]);
            return feeds;
        }
        Dictionary<string, DoubleTensor> first = Batch(2), second = Batch(4);
        double Count(Dictionary<string, DoubleTensor> feeds) => kind switch
        {
            LossKind.Mse => feeds["target"].Data.Length,
            LossKind.Embedding => feeds["x"].Shape[0] / 2,
            LossKind.CausalLm => feeds["labels"].Data.Where((_, i) => i % 3 > 0).Count(v => v != -100),
            _ => feeds["labels"].Data.Count(v => v != -100),
        };
        double total = Count(first) + Count(second);
        foreach (string output in whole.Model.Graph.Output.Select(o => o.Name))
        {
            double[] Run(StepModel step, Dictionary<string, DoubleTensor> feeds) => new DoubleEvaluator(step.Model.Graph).Run(feeds, output)[output].Data;
            double[] means = [.. Run(whole, first).Zip(Run(whole, second), (a, b) => ((a * Count(first)) + (b * Count(second))) / total)];
            first[StepModel.LossWeight] = second[StepModel.LossWeight] = DoubleTensor.Reals([], 1 / total);
            double[] sums = [.. Run(weighted, first).Zip(Run(weighted, second), (a, b) => a + b)];
            Assert.That(sums, Is.EqualTo(means).Within(1e-9), output);
        }
    }

    private static void Check(ModelProto forward, StepOptions options, Dictionary<string, DoubleTensor> feeds, Func<DoubleTensor, double> expected)
    {
        StepModel step = TrainingStep.Build(forward, options with { FusedOperators = false });
        foreach ((string name, DoubleTensor value) in Feeds(forward)) feeds[name] = value;
        string output = forward.Graph.Output[0].Name;
        DoubleEvaluator evaluator = new(step.Model.Graph);
        string[] outputs = [.. step.Model.Graph.Output.Select(o => o.Name)];
        IReadOnlyDictionary<string, DoubleTensor> run = evaluator.Run(feeds, outputs);
        double wanted = expected(new DoubleEvaluator(forward.Graph).Run(feeds, output)[output]);
        Require(wanted, run[StepModel.Loss].Data[0], 1e-9, "loss");
        foreach ((string name, _) in step.Parameters)
        {
            double[] x = feeds[name].Data, gradient = run[StepModel.Gradient(name)].Data;
            if (gradient.Length != x.Length) throw new InvalidOperationException($"{name} has {x.Length} elements, its gradient {gradient.Length}");
            for (int i = 0; i < x.Length; i++)
            {
                const double h = 1e-6;
                double kept = x[i];
                x[i] = kept + h;
                double up = evaluator.Run(feeds, StepModel.Loss)[StepModel.Loss].Data[0];
                x[i] = kept - h;
                double down = evaluator.Run(feeds, StepModel.Loss)[StepModel.Loss].Data[0];
                x[i] = kept;
                Require((up - down) / (2 * h), gradient[i], 1e-6, $"gradient of {name}[{i}]");
            }
        }
        IReadOnlyDictionary<string, DoubleTensor> runtime = RuntimeEvaluator.Run(step.Model.Graph, feeds, outputs);
        foreach (string name in outputs)
            for (int i = 0; i < run[name].Data.Length; i++) Require(run[name].Data[i], runtime[name].Data[i], 1e-4, name + " in ONNX Runtime");
    }

    private static void Require(double expected, double actual, double tolerance, string what)
    {
        if (!(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)))) throw new InvalidOperationException($"{what}: {actual:R}, expected {expected:R}");
    }

    private static Dictionary<string, DoubleTensor> Feeds(ModelProto forward) => forward.Graph.Initializer
        .Where(t => t.DataType == (int)TensorProto.Types.DataType.Float && t.Dims.Count > 0).ToDictionary(t => t.Name, DoubleTensor.FromProto);

    private static DoubleTensor Draw(SeededRandom random, int[] shape) =>
        DoubleTensor.Reals(shape, [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => (double)(float)random.NextNormal())]);
}
