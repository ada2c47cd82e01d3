using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

public class OptimizerTests
{
    private static readonly ParameterLayout Layout = new(
    [
        ("model.embed_tokens.weight", [300, 48]), ("layers.0.up.weight", [192, 48]), ("layers.0.down.weight", [48, 192]),
        ("layers.0.norm.weight", [48]), ("layers.1.up.weight", [192, 48]), ("lm_head.weight", [300, 48]), ("scale", []),
    ]);

    [Test]
    public void Default_UsualNames_GivesMatricesToMuonAndTheRestToAdamW()
    {
        IReadOnlyList<ParameterGroup> groups = ParameterGroup.Assign(Layout, OptimizerOptions.Default());
        Assert.That(groups.Select(g => g.Slots.Select(slot => slot.Name)), Is.EqualTo((string[][])
        [
            ["model.embed_tokens.weight"], ["lm_head.weight"],
            ["layers.0.up.weight", "layers.0.down.weight", "layers.1.up.weight"], ["layers.0.norm.weight", "scale"],
        ]));
        Assert.That(groups.Select(g => g.Options.Kind), Is.EqualTo((OptimizerKind[])[OptimizerKind.AdamW, OptimizerKind.AdamW, OptimizerKind.Muon, OptimizerKind.AdamW]));
    }

    [Test]
    public void Assign_NoGroupTakesAParameter_NamesIt() =>
        Assert.That(() => ParameterGroup.Assign(Layout, new OptimizerOptions { Groups = [new() { Kind = OptimizerKind.Muon }] }),
            Throws.TypeOf<InputException>().With.Message.Contains("'layers.0.norm.weight' of shape [48]"));

    [TestCase(-0.1f, 0.95f, "LearningRate is -0.1")]
    [TestCase(0.1f, 1f, "Momentum is 1")]
    [TestCase(float.NaN, 0.9f, "LearningRate is NaN")]
    public void Assign_SettingOutOfRange_NamesIt(float rate, float momentum, string expected) =>
        Assert.That(() => ParameterGroup.Assign(Layout, new OptimizerOptions { Groups = [new() { LearningRate = rate, Momentum = momentum }] }),
            Throws.TypeOf<InputException>().With.Message.Contains(expected).And.Message.Contains("group '*'"));

    [Test]
    public void Step_AnyNumberOfThreads_GivesTheSameBits()
    {
        int[] alone = RunMixed(null);
        foreach (int threads in (int[])[1, 2, 5])
        {
            using WorkerPool workers = new(threads);
            Assert.That(RunMixed(workers), Is.EqualTo(alone), $"{threads} threads");
        }
    }

    [Test]
    public void Step_Always_ZeroesGradientsAndLeavesPaddingZero()
    {
        using FloatBuffer parameters = Random(1), gradients = Random(2);
        using Optimizer optimizer = new(Layout, OptimizerOptions.Default());
        optimizer.Step(parameters, gradients);
        Assert.That(gradients.Span.ToArray(), Is.All.Zero);
        Assert.That(parameters.Span[^(ParameterLayout.Alignment - 1)..].ToArray(), Is.All.Zero, "behind the scalar");
        Assert.That(parameters.Slice(Layout["scale"])[0], Is.Not.Zero);
    }

    [Test]
    public void Step_RunningState_AllocatesNothing()
    {
        using WorkerPool workers = new(2);
        using FloatBuffer parameters = Random(1), gradients = Random(2);
        using Optimizer optimizer = new(Layout, OptimizerOptions.Default(), workers);
        GradientClipping clipping = new(Layout, workers);
        using WeightAverage average = new(Layout, 0.99f, workers: workers);
        for (int i = 0; i < 3; i++) Advance();
        long before = GC.GetAllocatedBytesForCurrentThread();
        const int Rounds = 20, SmallestObject = 24;
        for (int i = 0; i < Rounds; i++) Advance();
        // The pool's event makes its lock object when it first has to block, which may be in any round: less than an object a round.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(Rounds * SmallestObject));

        void Advance()
        {
            clipping.Clip(gradients, 1);
            optimizer.Step(parameters, gradients);
            average.Update(parameters);
        }
    }

    [Test]
    public void Step_GradientScale_EqualsClippingInPlace()
    {
        using FloatBuffer clipped = Random(1), scaled = Random(1), first = Random(2), second = Random(2);
        using Optimizer a = new(Layout, OptimizerOptions.Default()), b = new(Layout, OptimizerOptions.Default());
        GradientClipping clipping = new(Layout);
        clipping.Clip(first, 0.5f);
        a.Step(clipped, first);
        b.Step(scaled, second, gradientScale: GradientClipping.Factor(clipping.Norm(second), 0.5f));
        Assert.That(scaled.Span.ToArray(), Is.EqualTo(clipped.Span.ToArray()));
    }

    [Test]
    public void Reset_AfterSteps_IsAsNew()
    {
        using FloatBuffer first = Random(1), second = Random(1);
        using Optimizer used = new(Layout, OptimizerOptions.Default()), fresh = new(Layout, OptimizerOptions.Default());
        using (FloatBuffer scrap = Random(3), gradients = Random(4)) used.Step(scrap, gradients);
        used.Reset();
        using (FloatBuffer gradients = Random(5)) used.Step(first, gradients);
        using (FloatBuffer gradients = Random(5)) fresh.Step(second, gradients);
        Assert.That(first.Span.ToArray(), Is.EqualTo(second.Span.ToArray()));
        Assert.That(used.StepCount, Is.EqualTo(1));
    }

    [Test]
    public void Step_LearningRateFactor_MultipliesTheStep()
    {
        ParameterLayout layout = new([("w", [4])]);
        using FloatBuffer parameters = new(layout.Length), gradients = new(layout.Length);
        using Optimizer optimizer = new(layout, OptimizerOptions.AdamW(0.1f));
        gradients.Span[0] = 3;
        optimizer.Step(parameters, gradients, 0.25f);
        Assert.That(parameters.Span[0], Is.EqualTo(-0.025f).Within(1e-6), "AdamW's first step is as long as its rate");
    }

    [Test]
    public void Step_MomentsDecayedAway_BecomeZeroNotDenormal([Values] OptimizerKind kind)
    {
        ParameterLayout layout = new([("w", [4, 4])]);
        using FloatBuffer parameters = new(layout.Length), gradients = new(layout.Length);
        using Optimizer optimizer = new(layout, new OptimizerOptions { Groups = [new() { Kind = kind, Momentum = 0.5f, Betas = [0.5f, 0.5f] }] });
        gradients.Span.Fill(1);
        for (int step = 0; step < 130; step++) optimizer.Step(parameters, gradients);
        Assert.That(optimizer.State.SelectMany(s => s.Buffer.Span.ToArray()), Is.All.Zero);
    }

    [Test]
    public void Step_NotANumber_ReachesTheWeights([Values] OptimizerKind kind)
    {
        ParameterLayout layout = new([("w", [4, 4])]);
        using FloatBuffer parameters = new(layout.Length), gradients = new(layout.Length);
        using Optimizer optimizer = new(layout, new OptimizerOptions { Groups = [new() { Kind = kind }] });
        gradients.Span[5] = float.NaN;
        optimizer.Step(parameters, gradients);
        Assert.That(parameters.Span[5], Is.NaN);
    }

    private static int[] RunMixed(WorkerPool? workers)
    {
        using FloatBuffer parameters = Random(1);
        using Optimizer optimizer = new(Layout, OptimizerOptions.Default(), workers);
        using WeightAverage average = new(Layout, 0.9f, warmUp: true, workers);
        GradientClipping clipping = new(Layout, workers);
        for (int step = 0; step < 4; step++)
        {
            using FloatBuffer gradients = Random(10 + (ulong)step);
            clipping.Clip(gradients, 1);
            optimizer.Step(parameters, gradients);
            average.Update(parameters);
        }
        return [.. parameters.Span.ToArray().Concat(average.Average.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];
    }

    private static FloatBuffer Random(ulong seed)
    {
        FloatBuffer buffer = new(Layout.Length);
        SeededRandom random = new(seed);
        foreach (ParameterSlot slot in Layout.Slots)
            foreach (ref float value in buffer.Slice(slot)) value = (float)random.NextNormal();
        return buffer;
    }
}
