using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Activation functions and softmax.</summary>
internal static class ActivationRules
{
    private const float SqrtHalf = 0.70710678118654752f;
    private const float InverseSqrtTwoPi = 0.39894228040143268f;
    private const float SqrtTwoOverPi = 0.79788456080286536f;
    private const float CubicTerm = 0.044715f;

    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Relu", c => c.Give(0, c.G.Where(c.G.Op("Greater", [c.Output(), c.Scalar(0)]), c.Gradient, c.Scalar(0))));
        rules.Add("Sigmoid", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Mul(c.Output(), c.G.Sub(c.Scalar(1), c.Output())))));
        rules.Add("Tanh", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Sub(c.Scalar(1), c.G.Mul(c.Output(), c.Output())))));
        rules.Add("Erf", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Mul(c.Scalar(1.1283791670955126f), c.G.Op("Exp", [c.G.Neg(c.G.Mul(c.Input(0), c.Input(0)))])))));
        rules.Add("Gelu", c => c.Give(0, c.G.Mul(c.Gradient, c.Node.AttributeText("approximate", "none") == "tanh" ? TanhGelu(c, c.Input(0)) : ErfGelu(c, c.Input(0)))));
        rules.Add("Softmax", Softmax);
        rules.Add("LogSoftmax", LogSoftmax);
    }

    /// <summary>Derivative of x Phi(x): Phi(x) + x phi(x).</summary>
    internal static Value ErfGelu(GradientContext c, Value x)
    {
        GraphBuilder g = c.G;
        Value cdf = g.Mul(g.Add(g.Op("Erf", [g.Mul(x, c.Scalar(SqrtHalf))]), c.Scalar(1)), c.Scalar(0.5f));
        Value density = g.Mul(g.Op("Exp", [g.Mul(g.Mul(x, x), c.Scalar(-0.5f))]), c.Scalar(InverseSqrtTwoPi));
        return g.Add(cdf, g.Mul(x, density));
    }

    /// <summary>Derivative of x/2 (1 + tanh u) with u = sqrt(2/pi) (x + 0.044715 x^3).</summary>
    internal static Value TanhGelu(GradientContext c, Value x)
    {
        GraphBuilder g = c.G;
        Value square = g.Mul(x, x);
        Value u = g.Mul(x, g.Add(g.Mul(square, c.Scalar(SqrtTwoOverPi * CubicTerm)), c.Scalar(SqrtTwoOverPi)));
        Value tanh = g.Op("Tanh", [u]);
        Value slope = g.Add(g.Mul(square, c.Scalar(3 * SqrtTwoOverPi * CubicTerm)), c.Scalar(SqrtTwoOverPi));
        Value inner = g.Mul(g.Mul(x, g.Sub(c.Scalar(1), g.Mul(tanh, tanh))), slope);
        return g.Mul(g.Add(g.Add(tanh, c.Scalar(1)), inner), c.Scalar(0.5f));
    }

    private static void Softmax(GradientContext c)
    {
        Value y = c.Output();
        Value sum = c.G.ReduceSum(c.G.Mul(c.Gradient, y), [c.Node.AttributeInt("axis", -1)], true);
        c.Give(0, c.G.Mul(y, c.G.Sub(c.Gradient, sum)));
    }

    private static void LogSoftmax(GradientContext c)
    {
        Value sum = c.G.ReduceSum(c.Gradient, [c.Node.AttributeInt("axis", -1)], true);
        c.Give(0, c.G.Sub(c.Gradient, c.G.Mul(c.G.Op("Exp", [c.Output()]), sum)));
    }
}
