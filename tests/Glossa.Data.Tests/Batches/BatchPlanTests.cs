using Glossa.Data.Batches;
using NUnit.Framework;

namespace Glossa.Data.Tests.Batches;

public sealed class BatchPlanTests
{
    private const int Tokens = 200_000;

    // Texts 0 to 99 are new, 100 to 199 are of an earlier phase.
    private static readonly WindowIndex[] Own = [Windows(0, 100)], Old = [Windows(100, 100)];

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

    [Test]
    public void Make_ReplayAlone_SeesNothingElse() =>
        Assert.That(Texts(BatchPlan.Make(Own, Options, new ReplayedWindows(Old, 1, 1))), Is.All.GreaterThanOrEqualTo(100));

    [TestCase(1_000)]
    [TestCase(54_321)]
    [TestCase(300_000)]
    public void Make_Budget_IsMetWithinHalfAWindow(int tokens)
    {
        BatchPlan plan = BatchPlan.Make([Windows(0, 40), WindowIndex.Empty, Windows(40, 500), Windows(540, 7)], Options with { Tokens = tokens });
        Assert.That(plan.TotalPredictions, Is.EqualTo(tokens).Within(13));
        Assert.That(Enumerable.Range(0, plan.Steps).Sum(step => (long)plan.Predictions(step)), Is.EqualTo(plan.TotalPredictions));
    }

    [TestCase(0, 0.5)]
    [TestCase(0.5, 0.25)]
    [TestCase(1, 0.1)]
    public void Make_Sampling_SharesTheBudgetByTheExponent(double sampling, double expected)
    {
        // One language has nine times the other's tokens.
        int[] texts = Texts(BatchPlan.Make([Windows(0, 70), Windows(70, 630)], Options with { Sampling = sampling }));
        Assert.That(texts.Average(text => text < 70 ? 1.0 : 0), Is.EqualTo(expected).Within(0.005));
        // The turns are mixed from beginning to end.
        foreach (int[] part in texts.Chunk((texts.Length + 3) / 4)) Assert.That(part.Average(text => text < 70 ? 1.0 : 0), Is.EqualTo(expected).Within(0.04));
    }

    [Test]
    public void Make_Epochs_EachSeesEveryWindowOnce()
    {
        // Two epochs of texts of one to five windows, and a half: each window is drawn two or three times.
        WindowIndex windows = new(0, 1000, text => 10 + (text % 5 * 40), 50);
        BatchPlan plan = BatchPlan.Make([windows], Options with { Tokens = windows.Predictions * 5 / 2 });
        Dictionary<TrainingWindow, int> draws = All(plan).GroupBy(window => window).ToDictionary(group => group.Key, group => group.Count());
        Assert.That(draws, Has.Count.EqualTo(windows.Count));
        Assert.That(draws.Values, Is.All.InRange(2, 3));
        Assert.That(draws.Values.Count(count => count == 3), Is.EqualTo(windows.Count / 2).Within(windows.Count / 20));
        // A bucket reaches over the end of an epoch, so that order is not sharp: what the first third sees, it sees once.
        TrainingWindow[] early = [.. All(plan).Take(draws.Values.Sum() / 3)];
        Assert.That(early.Distinct().Count(), Is.EqualTo(early.Length));
    }

    [Test]
    public void Make_Epochs_HaveOrdersOfTheirOwn()
    {
        WindowIndex windows = new(0, 3000, _ => 20, 50);
        int[] texts = Texts(BatchPlan.Make([windows], Options with { Tokens = windows.Predictions * 2, MicroBatchTokens = 24, MicroBatchesPerStep = 1 }));
        Assert.That(texts[..3000].Zip(texts[3000..], (one, other) => one == other ? 1 : 0).Sum(), Is.LessThan(30));
    }

    [TestCase(0.0, 0.0)]
    [TestCase(0.7, 0.1)]
    public void Step_AskedInAnyOrder_IsTheSame(double start, double end)
    {
        BatchPlan Plan(ulong seed) => BatchPlan.Make([Windows(0, 900), Windows(900, 90)], Options with { Seed = seed }, new ReplayedWindows(Old, start, end));
        BatchPlan plan = Plan(3);
        string[] steps = [.. Enumerable.Range(0, plan.Steps).Select(step => Written(plan, step))];
        int[] order = [.. Enumerable.Range(0, steps.Length)];
        new SeededRandom(5).Shuffle(order.AsSpan());
        foreach (int step in order.Take(60)) Assert.That(Written(plan, step), Is.EqualTo(steps[step]));
        foreach (int step in order.Take(4)) Assert.That(Written(Plan(3), step), Is.EqualTo(steps[step]));
        Assert.That(Written(Plan(4), 0), Is.Not.EqualTo(steps[0]));
    }

    [Test]
    public void Make_MixedLengths_PadsLittle()
    {
        // Lengths as texts have them: many short ones, few long. A plan that lists and shuffles all windows first pads 7.65 % of them.
        SeededRandom random = new(1);
        int[] lengths = [.. Enumerable.Range(0, 20_000).Select(_ => 2 + (int)Math.Exp(1 + (4.5 * random.NextDouble())))];
        BatchPlan plan = BatchPlan.Make([new WindowIndex(0, lengths.Length, text => lengths[text], 256)], Options with { Tokens = 1_000_000, MicroBatchTokens = 1024 });
        PlannedBatch[] batches = [.. Enumerable.Range(0, plan.Steps).SelectMany(plan.Step)];
        double filled = batches.Sum(batch => batch.Windows.Sum(window => (double)window.Length)), all = batches.Sum(batch => (double)batch.Windows.Length * batch.Length);
        Assert.That(1 - (filled / all), Is.LessThan(0.0766));
        Assert.That(batches, Is.All.Matches<PlannedBatch>(batch => batch!.Length % 8 == 0 && batch.Windows.Length * batch.Length <= 1024));
        // Long ones and short ones come in turn, not the long ones of a bucket first.
        double mean = batches.Average(batch => batch.Length);
        Assert.That(batches.Take(32).Average(batch => batch.Length), Is.EqualTo(mean).Within(0.35 * mean));
    }

    [Test]
    public void Make_TenTimesTheTexts_AllocatesTheSame()
    {
        long[] allocated = [.. new[] { 30_000, 30_000, 300_000 }.Select(texts =>
        {
            WindowIndex windows = Windows(0, texts);
            long before = GC.GetAllocatedBytesForCurrentThread();
            BatchPlan plan = BatchPlan.Make([windows], Options);
            for (int step = 0; step < plan.Steps; step++) _ = plan.Step(step);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        })];
        Assert.That(allocated[2], Is.EqualTo(allocated[1]).Within(3).Percent);
    }

    private static WindowIndex Windows(int first, int texts) => new(first, texts, text => 20 + (text % 7), 64);

    private static IEnumerable<TrainingWindow> All(BatchPlan plan) => Enumerable.Range(0, plan.Steps).SelectMany(plan.Step).SelectMany(batch => batch.Windows);

    private static int[] Texts(BatchPlan plan) => [.. All(plan).Select(window => window.Text)];

    private static string Written(BatchPlan plan, int step) => string.Join(";", plan.Step(step).Select(batch => $"{batch.Length}: {string.Join(" ", batch.Windows)}"));
}
