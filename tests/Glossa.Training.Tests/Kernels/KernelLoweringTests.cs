using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Kernels;
using Glossa.Training.Verification;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Glossa.Training.Tests.Kernels;

/// <summary>A step computed by Glossa's own kernels against the same step computed by the runtime's.</summary>
public sealed class KernelLoweringTests
{
    [SetUp]
    public void OnlyWhereSupported() => Assume.That(KernelLowering.IsSupported, "the runtime's kernels are the fastest on this processor");

    [Test]
    public void Run_Preset_GivesTheGradientsOfTheRuntime([Values(FeedForwardKind.SquaredRelu, FeedForwardKind.SwiGlu)] FeedForwardKind kind, [Values] bool gains)
    {
        (StepModel step, Dictionary<string, float[]> start) = Preset(kind, gains);
        Compare(step, start, Batches(64));
    }

    [Test]
    public void Run_SoftTargets_GivesTheGradientsOfTheRuntime()
    {
        (StepModel step, Dictionary<string, float[]> start) = Preset(FeedForwardKind.SquaredRelu, gains: false, soft: true);
        NodeProto[] losses = [.. KernelLowering.Apply(step).Graph.Node.Where(node => node.OpType == "CrossEntropy")];
        Assert.That(losses.Select(node => node.Input.Count), Is.EqualTo(new[] { 3 }), "the loss is one kernel, and reads the weights");
        Compare(step, start, [.. Batches(64).Select(batch => WithTargets(batch, 64))]);
    }

    // The runtime enters the operators' domain into a table of the process with the first session, and of two first ones at the same time one failed. It shows where this test is the first of its process.
    [Test]
    public void Load_ManySessionsAtOnce_AllKnowTheOperators()
    {
        (StepModel step, _) = Preset(FeedForwardKind.SquaredRelu, gains: false);
        Exception?[] failures = new Exception?[Math.Max(2, Environment.ProcessorCount)];
        using SessionOptions options = CpuEngine.Options();
        byte[] model = CpuEngine.ForThisProcessor(step, options).ToByteArray();
        int waiting = failures.Length;
        Thread[] threads = [.. failures.Select((_, i) => new Thread(() =>
        {
            Interlocked.Decrement(ref waiting);
            while (Volatile.Read(ref waiting) > 0) Thread.SpinWait(1);
            try
            {
                new InferenceSession(model, options).Dispose();
            }
            catch (Exception e)
            {
                failures[i] = e;
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.That(failures, Is.All.Null);
    }

    private static (StepModel Step, Dictionary<string, float[]> Start) Preset(FeedForwardKind kind, bool gains, bool soft = false)
    {
        TransformerOptions options = new()
        {
            Vocabulary = 70,
            TextVocabulary = 64,
            Layers = 2,
            Width = 32,
            Heads = 2,
            KeyValueHeads = 1,
            HeadSize = 16,
            FeedForward = 48,
            FeedForwardKind = kind,
            NormGain = gains,
            Dropout = 0.1f,
            Context = 32,
        };
        Dictionary<string, float[]> start = TransformerParameters.Of(options)
            .ToDictionary(spec => spec.Name, spec => (spec with { Init = ParameterInit.Normal, Scale = 0.2f }).Initialize(5));
        return (TrainingStep.Build(TrainingGraph.Build(options, start), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true, SoftTargets = soft }), start);
    }

    [TestCase("gpt2-torchscript", LossKind.CausalLm)]
    [TestCase("gpt2-dynamo", LossKind.CausalLm)]
    [TestCase("llama-dynamo", LossKind.CausalLm)]
    [TestCase("bert-mlm-optimum", LossKind.MaskedLm)]
    [TestCase("t5-torchscript", LossKind.CausalLm)]
    public void Apply_ExportedGraph_LeavesNoPlainProduct(string name, LossKind loss)
    {
        string file = Path.Combine(Fixtures.Shared(Path.Combine("hf", name)), "model.onnx");
        StepModel step = TrainingStep.Build(ModelImport.Read(file, new ImportOptions()), new StepOptions { Loss = loss, Accumulate = true, WeightedLoss = true });
        string[] left = [.. KernelLowering.Apply(step).Graph.Node.Where(node => node.OpType is "MatMul" or "Gemm" or "FusedMatMul").Select(node => node.Name)];
        Assert.That(left, Is.Empty);
    }

    private static void Compare(StepModel step, Dictionary<string, float[]> start, MicroBatch[] batches)
    {
        using CpuEngine own = new(step, start, 2, 0.1f), again = new(step, start, 2, 0.1f), runtime = new(step, start, 2, 0.1f, EngineKernels.Runtime);
        double loss = own.Run(batches, 0.01f);
        Assert.That(loss, Is.EqualTo(runtime.Run(batches, 0.01f)).Within(1e-5).Percent);
        foreach (var slot in own.Layout.Slots)
        {
            float[] actual = own.Gradients.Slice(slot).ToArray(), expected = runtime.Gradients.Slice(slot).ToArray();
            float largest = expected.Max(MathF.Abs);
            Assert.That(actual.Zip(expected, (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan(1e-5f * largest + 1e-9f), slot.Name);
        }
        Assert.That(again.Run(batches, 0.01f), Is.EqualTo(loss));
        Assert.That(again.Gradients.Span.SequenceEqual(own.Gradients.Span), "the same step gave other bits");
    }

    // Of different shapes, so that workers meet sizes that are no multiples of anything.
    private static MicroBatch[] Batches(int vocabulary) => [Batch(vocabulary, 2, 12), Batch(vocabulary, 3, 8), Batch(vocabulary, 1, 31)];

    private static MicroBatch Batch(int vocabulary, int rows, int length)
    {
        long[] ids = [.. Enumerable.Range(0, rows * length).Select(at => (long)((at * 5 + at / length * 7 + length) % vocabulary))];
        return MicroBatch.OfTokens(rows, length, ids, [.. ids.Select((id, at) => at % length == 0 ? StepModel.IgnoredLabel : id)]) with { Seed = (ulong)length };
    }

    // Each label's weight is split among itself and two more classes, one of which it may be.
    private static MicroBatch WithTargets(MicroBatch batch, int vocabulary)
    {
        long[] shape = [.. batch.ShapeOf(StepModel.Labels), 3];
        int cells = (int)(shape[0] * shape[1]);
        long[] ids = [.. Enumerable.Range(0, cells * 3).Select(at => (long)(at / 3 * 7 + at % 3 * 11) % vocabulary)];
        float[] weights = [.. Enumerable.Range(0, cells).SelectMany(at => new[] { 0.5f, 0.375f, 0.125f })];
        return batch with { Inputs = [.. batch.Inputs, BatchInput.Of(StepModel.TargetIds, ids, shape), BatchInput.Of(StepModel.TargetWeights, weights, shape)] };
    }
}
