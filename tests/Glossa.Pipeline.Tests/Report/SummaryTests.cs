using CsCheck;
using Glossa.Pipeline.Report;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Report;

[TestFixture]
internal sealed class SummaryTests
{
    [Test]
    public void Of_ElevenLanguages_TakesTwoForTheWorstTenth()
    {
        BitsPerByteSummary summary = BitsPerByteSummary.Of([3, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12], control: 7);
        Assert.That(summary, Is.EqualTo(new BitsPerByteSummary(67 / 11.0, 6, 11, 7)));
    }

    [Test]
    public void Of_EvenNumber_TakesTheMiddleOfTheMiddleTwo() =>
        Assert.That(BitsPerByteSummary.Of([4, 1, 2, 3]).Median, Is.EqualTo(2.5));

    [Test]
    public void Of_Nothing_Throws() => Assert.That(() => BitsPerByteSummary.Of([]), Throws.ArgumentException);

    [Test]
    public void Of_AnyOrder_GivesTheSame() => Gen.Double[0.5, 8].Array[1, 60].Sample(figures =>
        BitsPerByteSummary.Of(figures) == BitsPerByteSummary.Of(figures.Reverse())
        && BitsPerByteSummary.Of(figures).WorstDecile >= BitsPerByteSummary.Of(figures).Mean - 1e-12);

    [Test]
    public void Verdict_ModelLower_SaysSo()
    {
        BaselineVerdict verdict = new(1.8, 2.0, 9, 10);
        Assert.That(verdict.Sentence, Is.EqualTo("The model is lower than LZMA2, by 0.200 bits per byte: it needs 10.0 % fewer bits."));
        Assert.That(verdict.PerLanguage, Is.EqualTo("The model is lower in 9 of 10 languages."));
    }

    [Test]
    public void Verdict_Lzma2Lower_SaysSo() => Assert.That(
        new BaselineVerdict(2.5, 2.0, 0, 10).Sentence,
        Is.EqualTo("LZMA2 is lower than the model, by 0.500 bits per byte: the model needs 25.0 % more bits."));

    [Test]
    public void Verdict_EqualAsShown_IsLevel() => Assert.That(
        new BaselineVerdict(2.0001, 2.0, 0, 10).Sentence, Is.EqualTo("The model and LZMA2 are level at 2.000 bits per byte."));

    [Test]
    public void Machine_ProcessorFile_GivesTheModelName()
    {
        Assert.That(MachineInfo.ProcessorOf(["processor\t: 0", "model\t\t: 85", "model name\t: Some  CPU @ 2.6GHz"]), Is.EqualTo("Some CPU @ 2.6GHz"));
        Assert.That(MachineInfo.ProcessorOf(["processor\t: 0", "BogoMIPS\t: 50.00"]), Is.Null);
    }

    [Test]
    public void Machine_Here_IsDescribed()
    {
        MachineInfo machine = MachineInfo.Detect("1.31.1", 83.4);
        Assert.That(machine.Processor, Is.Not.Empty);
        Assert.That((machine.Cores, machine.OnnxRuntime, machine.GemmGigaflops), Is.EqualTo((Environment.ProcessorCount, "1.31.1", 83.4)));
    }

    [TestCase(0.9, "0.90 s")]
    [TestCase(59.4, "59.4 s")]
    [TestCase(59.9, "1 min 0 s")]
    [TestCase(275.3, "4 min 35 s")]
    [TestCase(5400, "1 h 30 min")]
    public void Duration_Seconds_InTheUnitsThatMatter(double seconds, string expected) =>
        Assert.That(Figures.Duration(seconds), Is.EqualTo(expected));

    [TestCase(0.0049, "+0.49 %")]
    [TestCase(-0.0049, "−0.49 %")]
    [TestCase(-0.00001, "0.00 %")]
    public void Change_Share_HasASignUnlessItRoundsToNothing(double share, string expected) =>
        Assert.That(Figures.Change(share, "0.00"), Is.EqualTo(expected));
}
