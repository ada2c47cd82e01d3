using Glossa.Training.Optimizers;
using Glossa.Training.Optimizers.Graph;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers.Graph;

/// <summary>The graph takes the steps of the rules that are written in C#.</summary>
internal sealed class OptimizerGraphTests
{
    private const int Steps = 50;

    // Neighbours of one shape (one piece), equal shapes apart (one batch), wide, tall, square, vectors, a scalar, lengths that leave gaps.
    private static readonly ParameterLayout Layout = new(
    [
        ("embed.weight", [50, 12]), ("a.q", [16, 16]), ("a.k", [16, 16]), ("a.gain", [16]), ("a.up", [16, 64]), ("a.down", [64, 16]), ("b.q", [16, 16]), ("b.odd", [7, 9]), ("b.odd2", [7, 9]), ("b.tall", [21, 20]),
        ("b.bias", [5]), ("scale", []), ("lm_head.weight", [12, 50]),
    ]);

    private static IEnumerable<TestCaseData> Rules()
    {
        yield return Rule("AdamW", [new() { LearningRate = 0.01f, WeightDecay = 0.1f }]);
        yield return Rule("AdamW of other betas", [new() { LearningRate = 0.01f, Betas = [0.8f, 0.999f], Epsilon = 1e-4f }]);
        yield return Rule("Sgd", [new() { Kind = OptimizerKind.Sgd, LearningRate = 0.01f, Momentum = 0.9f, Nesterov = false, WeightDecay = 0.01f }]);
        yield return Rule("Sgd with Nesterov", [new() { Kind = OptimizerKind.Sgd, LearningRate = 0.01f, Momentum = 0.9f }]);
        yield return Rule("Muon", [new() { Kind = OptimizerKind.Muon, LearningRate = 0.02f, WeightDecay = 0.1f }, new()]);
        yield return Rule("Muon by other settings", [new() { Kind = OptimizerKind.Muon, Nesterov = false, Momentum = 0.8f, Scale = MuonScale.MatchRms, Transposed = true }, new()]);
        yield return Rule("frozen group", [new() { Match = "a.*", LearningRate = 0 }, new()]);
        yield return new TestCaseData(OptimizerOptions.Default()).SetArgDisplayNames("default groups");

        static TestCaseData Rule(string name, OptimizerGroupOptions[] groups) => new TestCaseData(new OptimizerOptions { Groups = groups }).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Rules))]
    public void Build_AnyRule_TakesTheStepsOfTheRule(OptimizerOptions options)
    {
        HashSet<string> transposed = ["a.up", "b.odd"];
        using GraphOptimizer graph = new(Layout, options, new OptimizerGraphOptions { Clip = 0.5f, Average = true, Transposed = transposed });
        using Optimizer optimizer = new(Layout, options, null, transposed);
        using WeightAverage average = new(Layout, 0.9f, warmUp: true);
        using FloatBuffer parameters = Random(1), gradients = new(Layout.Length);
        GradientClipping clipping = new(Layout);
        parameters.Span.CopyTo(graph[OptimizerBuffer.Parameters].Span);
        for (int step = 0; step < Steps; step++)
        {
            Fill(gradients, 100 + (ulong)step);
            gradients.Span.CopyTo(graph[OptimizerBuffer.Gradients].Span);
            float factor = 1 - (step / 100f), kept = average.NextKept;
            double norm = clipping.Norm(gradients);
            optimizer.Step(parameters, gradients, factor, GradientClipping.Factor(norm, 0.5f));
            average.Update(parameters);
            graph.Step(factor, kept);
            Assert.That(graph.LastOutcome[1], Is.EqualTo(norm).Within(1e-6 * norm));
        }
        using IDisposable scope = Assert.EnterMultipleScope();
        AssertClose(graph[OptimizerBuffer.Parameters], parameters, "parameters", 2e-5);
        AssertClose(graph[OptimizerBuffer.Average], average.Average, "average", 2e-5);
        foreach ((string name, FloatBuffer state) in optimizer.State)
            if (state.Length > 0) AssertClose(graph[name == "momentum" ? OptimizerBuffer.Momentum : OptimizerBuffer.SecondMoment], state, name, 2e-6);
        Assert.That(graph[OptimizerBuffer.Control].Span[0], Is.EqualTo(Steps));
    }

    [Test]
    public void Build_FrozenGroup_LeavesEveryBitOfItsWeights()
    {
        OptimizerOptions options = new() { Groups = [new() { Match = "a.*", LearningRate = 0 }, new()] };
        using GraphOptimizer graph = new(Layout, options, new OptimizerGraphOptions());
        using FloatBuffer start = Random(1);
        start.Span.CopyTo(graph[OptimizerBuffer.Parameters].Span);
        Fill(graph[OptimizerBuffer.Gradients], 5);
        for (int step = 0; step < 3; step++) graph.Step(1);
        foreach (ParameterSlot slot in Layout.Slots)
            Assert.That(graph[OptimizerBuffer.Parameters].Slice(slot).SequenceEqual(start.Slice(slot)), Is.EqualTo(slot.Name.StartsWith("a.", StringComparison.Ordinal)), slot.Name);
    }

    [Test]
    public void Build_Masked_MovesTheChosenWeightsAloneAndTakesTheirNorm()
    {
        using GraphOptimizer graph = new(Layout, OptimizerOptions.AdamW(0.1f), new OptimizerGraphOptions { Masked = true });
        Fill(graph[OptimizerBuffer.Gradients], 5);
        graph[OptimizerBuffer.Mask].Span[3] = 1;
        float gradient = graph[OptimizerBuffer.Gradients].Span[3];
        graph.Step(1);
        using IDisposable scope = Assert.EnterMultipleScope();
        Assert.That(graph[OptimizerBuffer.Parameters].Span.ToArray().Select((w, i) => (w, i)).Where(weight => weight.w != 0).Select(weight => weight.i), Is.EqualTo([3]));
        Assert.That(graph.LastOutcome[1], Is.EqualTo(MathF.Abs(gradient)).Within(1e-6));
    }

    [Test]
    public void Build_Scaled_OverflowLeavesTheStepOutAndHalvesTheScale()
    {
        using GraphOptimizer graph = new(Layout, OptimizerOptions.Default(), new OptimizerGraphOptions { Clip = 1, Scaling = new LossScaling(1024, 2) });
        using FloatBuffer start = Random(1);
        start.Span.CopyTo(graph[OptimizerBuffer.Parameters].Span);
        Scaled(1024);
        graph[OptimizerBuffer.Gradients].Span[7] = float.PositiveInfinity;
        graph.Step(1);
        Assert.That(graph[OptimizerBuffer.Parameters].Span.SequenceEqual(start.Span), "an overflow moves nothing");
        Assert.That(graph[OptimizerBuffer.Momentum].Span.ToArray(), Is.All.Zero);
        Assert.That(graph[OptimizerBuffer.Control].Span.ToArray(), Is.EqualTo([0f, 512, 0]));
        Assert.That(graph.LastOutcome[2..], Is.EqualTo([1f, 1024]));

        using GraphOptimizer plain = new(Layout, OptimizerOptions.Default(), new OptimizerGraphOptions { Clip = 1 });
        start.Span.CopyTo(plain[OptimizerBuffer.Parameters].Span);
        foreach (float scale in (float[])[512, 512, 1024])
        {
            Scaled(scale);
            graph.Step(1);
            Fill(plain[OptimizerBuffer.Gradients], 5);
            plain.Step(1);
        }
        Assert.That(graph[OptimizerBuffer.Control].Span.ToArray(), Is.EqualTo([3f, 1024, 1]), "two good steps doubled it");
        AssertClose(graph[OptimizerBuffer.Parameters], plain[OptimizerBuffer.Parameters], "parameters", 1e-6);
        Assert.That(graph.LastOutcome[0], Is.EqualTo(2.5f));

        void Scaled(float scale)
        {
            Fill(graph[OptimizerBuffer.Gradients], 5);
            foreach (ref float gradient in graph[OptimizerBuffer.Gradients].Span) gradient *= scale;
            graph[OptimizerBuffer.Gradients].Span[Layout.Length] = 2.5f * scale;
        }
    }

    [Test]
    public void Build_ScaledToTheLeast_CallsAnOverflowADivergence()
    {
        using GraphOptimizer graph = new(Layout, OptimizerOptions.AdamW(0.1f), new OptimizerGraphOptions { Scaling = new LossScaling(2) });
        graph[OptimizerBuffer.Gradients].Span[7] = float.NaN;
        graph.Step(1);
        Assert.That(graph.LastOutcome[2], Is.EqualTo(1), "left out");
        graph.Step(1);
        Assert.That(graph.LastOutcome[1..3], Is.EqualTo([float.NaN, 0f]), "no smaller scale is left to try");
    }

    [Test]
    public void Recorded_ManySteps_KeepsTheLastOnesInOrder()
    {
        using GraphOptimizer graph = new(Layout, OptimizerOptions.AdamW(0.1f), new OptimizerGraphOptions { History = 3 });
        for (int step = 0; step < 5; step++)
        {
            graph[OptimizerBuffer.Gradients].Span[Layout.Length] = step;
            graph.Step(1);
        }
        float[] history = graph[OptimizerBuffer.History].Span.ToArray();
        Assert.That(history.Where((_, i) => i % OptimizerModel.HistoryColumns == 0), Is.EqualTo([2f, 3, 4]));
    }

    private static void AssertClose(FloatBuffer got, FloatBuffer want, string what, double share)
    {
        foreach (ParameterSlot slot in Layout.Slots.Where(slot => slot.Offset + slot.Length <= want.Length))
        {
            float[] expected = want.Slice(slot).ToArray();
            float largest = expected.Max(MathF.Abs);
            Assert.That(got.Slice(slot).ToArray(), Is.EqualTo(expected).Within(share * largest + 1e-30), $"{what} of {slot.Name}");
        }
    }

    private static FloatBuffer Random(ulong seed)
    {
        FloatBuffer buffer = new(Layout.Length);
        Fill(buffer, seed);
        return buffer;
    }

    private static void Fill(FloatBuffer buffer, ulong seed)
    {
        SeededRandom random = new(seed);
        foreach (ParameterSlot slot in Layout.Slots)
            foreach (ref float value in buffer.Slice(slot)) value = (float)random.NextNormal();
    }
}
