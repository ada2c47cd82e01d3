using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

public class WeightAverageTests
{
    private static readonly ParameterLayout Layout = new([("a", [20])]);

    [Test]
    public void Update_ConstantDecay_FollowsTheDefinition()
    {
        using WeightAverage average = new(Layout, 0.75f);
        Update(average, 4);
        Update(average, 8);
        Assert.That(average.Average.Span[19], Is.EqualTo(0.75f * 4 + 0.25f * 8));
        Assert.That(average.Updates, Is.EqualTo(2));
    }

    [Test]
    public void Update_WarmUp_ForgetsEarlyWeightsFaster()
    {
        using WeightAverage average = new(Layout, 0.99f, warmUp: true);
        Update(average, 0);
        Update(average, 11);
        Assert.That(average.Average.Span[0], Is.EqualTo(11 * (1 - 2.0 / 11)).Within(1e-5), "the second update's decay is 2 / 11");
    }

    [Test]
    public void Reset_ThenUpdate_CopiesTheWeights()
    {
        using WeightAverage average = new(Layout, 0.9f);
        Update(average, 5);
        average.Reset();
        Update(average, 7);
        Assert.That(average.Average.Span[0], Is.EqualTo(7));
    }

    [TestCase(1f)]
    [TestCase(-0.1f)]
    [TestCase(float.NaN)]
    public void Constructor_DecayOutOfRange_IsRefused(float decay) =>
        Assert.That(() => new WeightAverage(Layout, decay), Throws.TypeOf<InputException>().With.Message.Contains("give a number in [0, 1)"));

    private static void Update(WeightAverage average, float value)
    {
        using FloatBuffer parameters = new(Layout.Length);
        parameters.Slice(Layout["a"]).Fill(value);
        average.Update(parameters);
    }
}
