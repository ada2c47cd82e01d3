using Glossa.Data.Batches;
using NUnit.Framework;

namespace Glossa.Data.Tests.Batches;

public sealed class BatchPlanTests
{
    private const int Tokens = 200_000;

    // Texts 0 to 99 are new, 100 to 199 are of an earlier phase.
    private static readonly TrainingWindow[][] Own = [Windows(0)], Old = [Windows(100)];

    private static readonly BatchPlanOptions Options = new() { Tokens = Tokens, MicroBatchTokens = 256, MicroBatchesPerStep = 2, Seed = 3 };

    [Test]
    public void Make_NoReplay_IsThePlanWithout()
    {
        BatchPlan plan = BatchPlan.Make(Own, Options), same = BatchPlan.Make(Own, Options, new ReplayedWindows(Old, 0, 0));
        Assert.That(Texts(same), Is.EqualTo(Texts(plan)));
    }

    [Test]
    public void Make_Replay_TakesItsShareOfTheBudgetEvenly()
    {
        int[] texts = Texts(BatchPlan.Make(Own, Options, new ReplayedWindows(Old, 0.25, 0.25)));
        foreach (int[] part in texts.Chunk((texts.Length + 3) / 4)) Assert.That(part.Average(text => text >= 100 ? 1 : 0), Is.EqualTo(0.25).Within(0.03));
    }

    [Test]
    public void Make_HandOver_TheShareFallsAlongALine()
    {
        BatchPlan plan = BatchPlan.Make(Own, Options, new ReplayedWindows(Old, 1, 0));
        double[] shares = [.. Texts(plan).Chunk((Texts(plan).Length + 3) / 4).Select(part => part.Average(text => text >= 100 ? 1.0 : 0))];
        Assert.That(shares, Is.EqualTo(new[] { 0.875, 0.625, 0.375, 0.125 }).Within(0.04));
        Assert.That(Enumerable.Range(0, plan.Steps).Sum(plan.Predictions), Is.EqualTo(Tokens).Within(100));
    }

    private static TrainingWindow[] Windows(int first) => [.. Enumerable.Range(first, 100).Select(text => new TrainingWindow(text, 0, 20 + text % 7))];

    private static int[] Texts(BatchPlan plan) => [.. Enumerable.Range(0, plan.Steps).SelectMany(plan.Step).SelectMany(batch => batch.Windows).Select(window => window.Text)];
}
