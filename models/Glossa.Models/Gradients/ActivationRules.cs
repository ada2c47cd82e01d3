using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>Activation functions and softmax.</summary>
internal static class ActivationRules
{
    private const float SqrtHalf = 0.70710678118654752f;
    private const float LogTwoOverSqrtPi = 0.12078223763524522f;
    private const float SqrtTwoOverPi = 0.79788456080286536f;
    private const float CubicTerm = 0.044715f;

    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Relu", c => c.Give(0, c.G.Where(c.G.Op("Greater", [c.Output(), c.Scalar(0)]), c.Gradient, c.Scalar(0))));
        rules.Add("Sigmoid", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Mul(c.Output(), c.G.Sub(c.Scalar(1), c.Output())))));
        rules.Add("Tanh", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Sub(c.Scalar(1), c.G.Mul(c.Output(), c.Output())))));
        rules.Add("Erf", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Mul(c.Scalar(1.1283791670955126f), c.G.Op("Exp", [c.G.Neg(c.G.Mul(c.Input(0), c.Input(0)))])))));
        rules.Add("Gelu", c => c.Give(0, c.G.Mul(c.Gradient, c.Node.AttributeText("approximate", "none") == "tanh" ? TanhGelu(c, c.Input(0)) : ErfGelu(c, c.Input(0)))));
        rules.Add("Gelu", c => c.Give(0, c.G.Mul(c.Gradient, ErfGelu(c, c.Input(0)))), domain: GradientRules.Microsoft);
        rules.Add("BiasGelu", c => GiveBoth(c, ErfGelu(c, c.G.Add(c.Input(0), c.Input(1)))), domain: GradientRules.Microsoft);
        rules.Add("FastGelu", c => GiveBoth(c, TanhGelu(c, c.Has(1) ? c.G.Add(c.Input(0), c.Input(1)) : c.Input(0))), domain: GradientRules.Microsoft);
        rules.Add("QuickGelu", c => Swish(c, c.Node.AttributeFloat("alpha", 1.702f)), domain: GradientRules.Microsoft);
        rules.Add("Swish", c => Swish(c, c.Node.AttributeFloat("alpha", 1)));
        rules.Add("LeakyRelu", c => Negative(c, c.Scalar(c.Node.AttributeFloat("alpha", 0.01f))));
        rules.Add("Elu", c => Negative(c, c.G.Add(c.Output(), c.Scalar(c.Node.AttributeFloat("alpha", 1)))));
        rules.Add("Celu", c => Negative(c, c.G.Add(c.G.Mul(c.Output(), c.Scalar(1 / c.Node.AttributeFloat("alpha", 1))), c.Scalar(1))));
        rules.Add("Selu", Selu);
        rules.Add("PRelu", ParametricRelu);
        rules.Add("ThresholdedRelu", c => Inside(c, c.G.Op("Greater", [c.Input(0), c.Scalar(c.Node.AttributeFloat("alpha", 1))]), c.Gradient));
        rules.Add("HardSigmoid", HardSigmoid);
        rules.Add("HardSwish", HardSwish);
        rules.Add("Softplus", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Op("Sigmoid", [c.Input(0)]))));
        rules.Add("Softsign", Softsign);
        rules.Add("Mish", Mish);
        rules.Add("Shrink", c => Inside(c, c.G.Op("Greater", [c.G.Op("Abs", [c.Input(0)]), c.Scalar(c.Node.AttributeFloat("lambd", 0.5f))]), c.Gradient));
        rules.Add("Softmax", Softmax);
        rules.Add("LogSoftmax", LogSoftmax);
    }

    /// <summary>
    /// Derivative of x Phi(x), Phi(x) + x phi(x), in few passes: with u = x / sqrt 2 it is (erf u + exp(ln(2 / sqrt pi) - u^2) u + 1) / 2.
    /// </summary>
    internal static Value ErfGelu(GradientContext c, Value x)
    {
        GraphBuilder g = c.G;
        Value u = g.Mul(x, c.Scalar(SqrtHalf));
        Value density = g.Op("Exp", [g.Sub(c.Scalar(LogTwoOverSqrtPi), g.Mul(u, u))]);
        return g.Mul(g.Add(g.Add(g.Op("Erf", [u]), g.Mul(density, u)), c.Scalar(1)), c.Scalar(0.5f));
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

    private static void GiveBoth(GradientContext c, Value derivative)
    {
        Value gradient = c.G.Mul(c.Gradient, derivative);
        c.GiveReduced(0, gradient);
        c.GiveReduced(1, gradient);
    }

    /// <summary>x sigmoid(a x), with the derivative s (1 + a x (1 - s)).</summary>
    private static void Swish(GradientContext c, float alpha)
    {
        GraphBuilder g = c.G;
        Value scaled = alpha == 1 ? c.Input(0) : g.Mul(c.Input(0), c.Scalar(alpha));
        Value sigmoid = g.Op("Sigmoid", [scaled]);
        Value slope = g.Add(g.Mul(scaled, g.Sub(c.Scalar(1), sigmoid)), c.Scalar(1));
        c.Give(0, g.Mul(c.Gradient, g.Mul(sigmoid, slope)));
    }

    /// <summary>The identity above zero, with another slope below.</summary>
    private static void Negative(GradientContext c, Value slope) =>
        c.Give(0, c.G.Where(c.G.Op("Less", [c.Input(0), c.Scalar(0)]), c.G.Mul(c.Gradient, slope), c.Gradient));

    private static void Inside(GradientContext c, Value condition, Value gradient) => c.Give(0, c.G.Where(condition, gradient, c.Scalar(0)));

    private static void Selu(GradientContext c)
    {
        float alpha = c.Node.AttributeFloat("alpha", 1.67326319217681884765625f), gamma = c.Node.AttributeFloat("gamma", 1.05070102214813232421875f);
        Value slope = c.G.Where(c.G.Op("Less", [c.Input(0), c.Scalar(0)]), c.G.Add(c.Output(), c.Scalar(alpha * gamma)), c.Scalar(gamma));
        c.Give(0, c.G.Mul(c.Gradient, slope));
    }

    private static void ParametricRelu(GradientContext c)
    {
        Value below = c.G.Op("Less", [c.Input(0), c.Scalar(0)]);
        if (c.Wants(0)) c.Give(0, c.G.Where(below, c.G.Mul(c.Gradient, c.Input(1)), c.Gradient));
        if (c.Wants(1)) c.GiveReduced(1, c.G.Where(below, c.G.Mul(c.Gradient, c.Input(0)), c.Scalar(0)));
    }

    private static void HardSigmoid(GradientContext c)
    {
        Value inside = c.G.Op("And", [c.G.Op("Greater", [c.Output(), c.Scalar(0)]), c.G.Op("Less", [c.Output(), c.Scalar(1)])]);
        Inside(c, inside, c.G.Mul(c.Gradient, c.Scalar(c.Node.AttributeFloat("alpha", 0.2f))));
    }

    /// <summary>x clip(x/6 + 1/2, 0, 1): 0 up to -3, x from 3.</summary>
    private static void HardSwish(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0), slope = g.Add(g.Mul(x, c.Scalar(1f / 3)), c.Scalar(0.5f));
        Value upper = g.Where(g.Op("Less", [x, c.Scalar(3)]), slope, c.Scalar(1));
        c.Give(0, g.Mul(c.Gradient, g.Where(g.Op("Greater", [x, c.Scalar(-3)]), upper, c.Scalar(0))));
    }

    private static void Softsign(GradientContext c)
    {
        Value width = c.G.Add(c.G.Op("Abs", [c.Input(0)]), c.Scalar(1));
        c.Give(0, c.G.Div(c.Gradient, c.G.Mul(width, width)));
    }

    /// <summary>x t with t = tanh(softplus(x)), and the derivative t + x (1 - t^2) sigmoid(x).</summary>
    private static void Mish(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value x = c.Input(0), t = g.Op("Tanh", [g.Op("Softplus", [x])]);
        Value inner = g.Mul(g.Mul(x, g.Op("Sigmoid", [x])), g.Sub(c.Scalar(1), g.Mul(t, t)));
        c.Give(0, g.Mul(c.Gradient, g.Add(t, inner)));
    }

    private static void Softmax(GradientContext c)
    {
        Value y = WithoutNaN(c, c.Output());
        Value sum = c.G.ReduceSum(c.G.Mul(c.Gradient, y), [c.Node.AttributeInt("axis", -1)], true);
        c.Give(0, c.G.Mul(y, c.G.Sub(c.Gradient, sum)));
    }

    /// <summary>
    /// A graph that tests the softmax for NaN, or chooses between it and something else, expects rows that are masked as a whole (all -inf). Their gradient is 0
    /// behind its guard, but 0 times NaN is NaN: such rows count as 0 here too.
    /// </summary>
    private static Value WithoutNaN(GradientContext c, Value y)
    {
        HashSet<string> copies = [y.Name];
        foreach (NodeProto node in c.G.Graph.Node)
        {
            if (!node.Input.Any(copies.Contains)) continue;
            if (node.OpType == "IsNaN" && node.Input[0] == y.Name) return c.G.Where(new Value(node.Output[0]), c.Scalar(0), y);
            if (node.OpType is "IsNaN" or "Where") return c.G.Where(c.G.Op("IsNaN", [y]), c.Scalar(0), y);
            if (node.OpType is "Cast" or "Identity" or "Dropout") copies.Add(node.Output[0]);
        }
        return y;
    }

    private static void LogSoftmax(GradientContext c)
    {
        Value sum = c.G.ReduceSum(c.Gradient, [c.Node.AttributeInt("axis", -1)], true);
        c.Give(0, c.G.Sub(c.Gradient, c.G.Mul(c.G.Op("Exp", [c.Output()]), sum)));
    }
}
