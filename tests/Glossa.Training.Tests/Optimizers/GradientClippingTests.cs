using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

public class GradientClippingTests
{
    private static readonly ParameterLayout Layout = new([("a", [70_000]), ("b", [5])]);

    [Test]
    public void Clip_AboveTheLimit_ScalesToIt()
    {
        using FloatBuffer gradients = Filled(2);
        GradientClipping clipping = new(Layout);
        double before = clipping.Clip(gradients, 3);
        Assert.That(before, Is.EqualTo(2 * Math.Sqrt(70_005)).Within(1e-9));
        Assert.That(clipping.Norm(gradients), Is.EqualTo(3).Within(1e-5));
    }

    [Test]
    public void Clip_BelowTheLimit_LeavesEveryBit()
    {
        using FloatBuffer gradients = Filled(0.001f);
        float[] before = gradients.Span.ToArray();
        new GradientClipping(Layout).Clip(gradients, 3);
        Assert.That(gradients.Span.ToArray(), Is.EqualTo(before));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void Clip_NotFinite_ShowsInTheNorm(float value)
    {
        using FloatBuffer gradients = Filled(1);
        gradients.Slice(Layout["b"])[4] = value;
        Assert.That(double.IsFinite(new GradientClipping(Layout).Clip(gradients, 1)), Is.False);
        Assert.That(gradients.Span[0], Is.EqualTo(1));
    }

    [Test]
    public void Norm_HugeGradients_DoesNotOverflow()
    {
        using FloatBuffer gradients = Filled(1e30f);
        Assert.That(new GradientClipping(Layout).Norm(gradients), Is.EqualTo(1e30 * Math.Sqrt(70_005)).Within(1e-4).Percent);
    }

    [Test]
    public void Norm_OtherLayout_IsRefused()
    {
        using FloatBuffer gradients = new(16);
        Assert.That(() => new GradientClipping(Layout).Norm(gradients), Throws.ArgumentException);
    }

    private static FloatBuffer Filled(float value)
    {
        FloatBuffer buffer = new(Layout.Length);
        foreach (ParameterSlot slot in Layout.Slots) buffer.Slice(slot).Fill(value);
        return buffer;
    }
}
