using Glossa.Pipeline.Progress;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Progress;

[TestFixture]
internal sealed class PlainProgressTests
{
    private sealed class ManualClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    [Test]
    public void Report_Often_WritesALineEveryFewSeconds()
    {
        ManualClock clock = new();
        using StringWriter output = new();
        PlainProgress progress = new(output, clock);
        progress.StageStarted("train");
        for (int second = 0; second <= 20; second++)
        {
            clock.Now = TimeSpan.FromSeconds(second);
            // A resumed stage begins at 1,000: what an earlier run did does not count for the rate.
            progress.Report(new ProgressUpdate(1000 + 100 * second, 10_000, "tokens", 3.25, "diverse"));
        }
        progress.StageFinished("train", 20.4, cached: false);
        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(6));
        Assert.That(lines[1], Is.EqualTo("train: 15 %, 1,500 of 10,000 tokens, 100/s, 1 min 25 s left, loss 3.250, diverse"));
        Assert.That(lines[^1], Is.EqualTo("train: done in 20 s"));
    }

    [TestCase(0.44, "0.4 s")]
    [TestCase(12.7, "12 s")]
    [TestCase(185, "3 min 5 s")]
    [TestCase(7800, "2 h 10 min")]
    [TestCase(90_000, "25 h 0 min")]
    public void Duration_Seconds_ReadsWell(double seconds, string text) => Assert.That(ProgressText.Duration(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));
}
