using CsCheck;
using Glossa.Training.Schedules;
using NUnit.Framework;

namespace Glossa.Training.Tests.Schedules;

public class LearningRateScheduleTests
{
    private static readonly ScheduleOptions Wsd = new() { WarmupFraction = 0.1, DecayFraction = 0.4 };

    [TestCase(0, 0.1f)]
    [TestCase(4, 0.5f)]
    [TestCase(9, 1f)]
    [TestCase(59, 1f)]
    [TestCase(60, 1f)]
    [TestCase(80, 0.5f)]
    [TestCase(99, 0.025f)]
    public void Factor_WarmupStableDecay_RisesStaysFalls(int step, float expected) =>
        Assert.That(LearningRateSchedule.Factor(Wsd, step, 100), Is.EqualTo(expected).Within(1e-6));

    [Test]
    public void Factor_OneMinusSqrt_FallsFasterAtFirst() =>
        Assert.That(LearningRateSchedule.Factor(Wsd with { Decay = DecayShape.OneMinusSqrt }, 70, 100), Is.EqualTo(0.5f).Within(1e-6));

    [TestCase(ScheduleKind.Cosine, 0.55f)]
    [TestCase(ScheduleKind.Linear, 0.55f)]
    [TestCase(ScheduleKind.Constant, 1f)]
    public void Factor_HalfwayBehindWarmup_IsTheMean(ScheduleKind kind, float expected) =>
        Assert.That(LearningRateSchedule.Factor(Wsd with { Kind = kind, FinalFactor = 0.1 }, 0.55), Is.EqualTo(expected).Within(1e-6));

    [Test]
    public void Factor_AtTheEnd_IsTheFinalFactor([Values] ScheduleKind kind, [Values] DecayShape shape)
    {
        ScheduleOptions options = Wsd with { Kind = kind, Decay = shape, FinalFactor = 0.02 };
        Assert.That(LearningRateSchedule.Factor(options, 1.0), Is.EqualTo(kind == ScheduleKind.Constant ? 1f : 0.02f).Within(1e-6));
    }

    [Test]
    public void Factor_AnySchedule_RisesThenNeverRisesAgainWithinBounds() =>
        Gen.Select(Gen.Enum<ScheduleKind>(), Gen.Enum<DecayShape>(), Gen.Double[0, 0.5], Gen.Double[0, 0.5], Gen.Double[0, 1], Gen.Int[1, 200])
            .Sample((kind, shape, warmup, decay, final, total) =>
            {
                ScheduleOptions options = new() { Kind = kind, Decay = shape, WarmupFraction = warmup, DecayFraction = decay, FinalFactor = final };
                options.Validate();
                float[] factors = [.. Enumerable.Range(0, total).Select(step => LearningRateSchedule.Factor(options, step, total))];
                int peak = Array.IndexOf(factors, factors.Max());
                return factors.All(factor => factor is > 0 and <= 1)
                    && factors[..(peak + 1)].Zip(factors[1..(peak + 1)], (a, b) => a <= b).All(holds => holds)
                    && factors[peak..].Zip(factors[(peak + 1)..], (a, b) => a >= b).All(holds => holds);
            });

    [Test]
    public void Validate_OverlappingFractions_NamesTheSetting() =>
        Assert.That(() => new ScheduleOptions { WarmupFraction = 0.3, DecayFraction = 0.8 }.Validate(),
            Throws.TypeOf<InputException>().With.Message.Contains("DecayFraction is 0.8").And.Message.Contains("at most 0.7"));

    [Test]
    public void Validate_NotANumber_IsRefused() =>
        Assert.That(() => new ScheduleOptions { FinalFactor = double.NaN }.Validate(), Throws.TypeOf<InputException>().With.Message.Contains("FinalFactor is NaN"));
}
