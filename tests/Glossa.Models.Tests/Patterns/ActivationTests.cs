using Glossa.Models.Building;
using NUnit.Framework;

namespace Glossa.Models.Tests.Patterns;

/// <summary>Every way in which exporters have written GELU, SiLU and quick GELU.</summary>
[TestFixture]
public sealed class ActivationTests
{
    private const float SqrtHalf = 0.70710678f, SqrtTwo = 1.4142135f, SqrtTwoOverPi = 0.7978845608f, Cubic = 0.044715f;

    [Test]
    public void Apply_ErfGelu_IsOneOperator([Values("div", "mul")] string inner, [Values("after", "before", "on x", "inside", "div", "sum")] string half)
    {
        PatternCase test = new(2);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 3, 4);
        Value erf = g.Op("Erf", [inner == "div" ? g.Div(x, g.Constant(SqrtTwo)) : g.Mul(g.Constant(SqrtHalf), x)]);
        test.Output(Halved(g, x, erf, half));
        test.Check(counts => counts.ErfGelus, 1, "Gelu");
    }

    [Test]
    public void Apply_TanhGelu_IsOneOperator([Values("pow", "products", "factored")] string cube, [Values("after", "before", "on x", "inside", "div", "sum")] string half)
    {
        PatternCase test = new(2);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 3, 4);
        Value inner = cube switch
        {
            "pow" => g.Mul(g.Add(x, g.Mul(g.Op("Pow", [x, g.Constant(3f)]), g.Constant(Cubic))), g.Constant(SqrtTwoOverPi)),
            "products" => g.Mul(g.Constant(SqrtTwoOverPi), g.Add(x, g.Mul(g.Constant(Cubic), g.Mul(x, g.Mul(x, x))))),
            _ => g.Mul(g.Mul(x, g.Constant(SqrtTwoOverPi)), g.Add(g.Constant(1f), g.Mul(g.Mul(g.Constant(Cubic), x), x))),
        };
        test.Output(Halved(g, x, g.Op("Tanh", [inner]), half));
        test.Check(counts => counts.TanhGelus, 1, "FastGelu");
    }

    [Test]
    public void Apply_Swish_IsOneOperator([Values(1f, 1.702f)] float alpha, [Values] bool xFirst)
    {
        PatternCase test = new(2);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 3, 4);
        Value sigmoid = g.Op("Sigmoid", [alpha == 1 ? x : g.Mul(x, g.Constant(alpha))]);
        test.Output(xFirst ? g.Mul(x, sigmoid) : g.Mul(sigmoid, x));
        test.Check(counts => counts.Swishes, 1, "QuickGelu");
    }

    [Test]
    public void Apply_GatedByAnotherValue_IsLeftAlone()
    {
        PatternCase test = new(2);
        GraphBuilder g = test.G;
        test.Output(g.Mul(g.Op("Sigmoid", [test.Parameter("gate", 3, 4)]), test.Parameter("x", 3, 4)));
        test.Check(counts => counts.Swishes, 0, null);
    }

    [Test]
    public void Apply_OtherConstants_AreLeftAlone([Values(0.7f, 0.708f)] float inner)
    {
        PatternCase test = new(2);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 3, 4);
        test.Output(Halved(g, x, g.Op("Erf", [g.Mul(x, g.Constant(inner))]), "after"));
        test.Check(counts => counts.ErfGelus, 0, null);
    }

    [Test]
    public void Apply_TrainedFactor_IsLeftAlone()
    {
        PatternCase test = new(2);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 3, 4);
        test.Output(g.Mul(x, g.Op("Sigmoid", [g.Mul(x, test.Parameter("beta", 1))])));
        test.Check(counts => counts.Swishes, 0, null);
    }

    // x (1 + f) / 2, with the half where exporters have put it.
    private static Value Halved(GraphBuilder g, Value x, Value f, string half)
    {
        Value one = g.Constant(1f), factor = g.Constant(0.5f);
        return half switch
        {
            "after" => g.Mul(g.Mul(x, g.Add(f, one)), factor),
            "before" => g.Mul(g.Mul(factor, x), g.Add(one, f)),
            "on x" => g.Mul(g.Add(f, one), g.Mul(x, factor)),
            "inside" => g.Mul(x, g.Mul(factor, g.Add(f, one))),
            "div" => g.Div(g.Mul(x, g.Add(f, one)), g.Constant(2f)),
            _ => g.Mul(x, g.Add(factor, g.Mul(f, factor))),
        };
    }
}
