using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Gradients;

/// <summary>Arithmetic and functions applied element by element, with broadcasting.</summary>
internal static class ElementwiseRules
{
    internal static void AddTo(RuleCollector rules)
    {
        rules.Add("Identity", c => c.Give(0, c.Gradient));
        rules.Add("Add", c => { c.GiveReduced(0, c.Gradient); c.GiveReduced(1, c.Gradient); });
        rules.Add("Sub", c =>
        {
            c.GiveReduced(0, c.Gradient);
            if (c.Wants(1)) c.GiveReduced(1, c.G.Neg(c.Gradient));
        });
        rules.Add("Mul", c =>
        {
            if (c.Wants(0)) c.GiveReduced(0, c.G.Mul(c.Gradient, c.Input(1)));
            if (c.Wants(1)) c.GiveReduced(1, c.G.Mul(c.Gradient, c.Input(0)));
        });
        rules.Add("Div", Divide);
        rules.Add("Sum", Sum);
        rules.Add("Mean", Mean);
        rules.Add("Pow", Power);
        rules.Add("Mod", Modulo, restrictions: "floating operands (fmod)");
        rules.Add("Min", c => Extreme(c, "Less"));
        rules.Add("Max", c => Extreme(c, "Greater"));
        rules.Add("Where", Where, [1, 2]);
        rules.Add("Clip", Clip);
        rules.Add("Neg", c => c.Give(0, c.G.Neg(c.Gradient)));
        rules.Add("Abs", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Op("Sign", [c.Input(0)]))));
        rules.Add("Sqrt", c => c.Give(0, SquareRoot(c)));
        rules.Add("Reciprocal", c => c.Give(0, c.G.Neg(c.G.Mul(c.Gradient, c.G.Mul(c.Output(), c.Output())))));
        rules.Add("Exp", c => c.Give(0, c.G.Mul(c.Gradient, c.Output())));
        rules.Add("Log", c => c.Give(0, c.G.Div(c.Gradient, c.Input(0))));
        rules.Add("Sin", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Op("Cos", [c.Input(0)]))));
        rules.Add("Cos", c => c.Give(0, c.G.Neg(c.G.Mul(c.Gradient, c.G.Op("Sin", [c.Input(0)])))));
        rules.Add("Tan", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Add(c.G.Mul(c.Output(), c.Output()), c.Scalar(1)))));
        rules.Add("Atan", c => c.Give(0, c.G.Div(c.Gradient, c.G.Add(Square(c), c.Scalar(1)))));
        rules.Add("Asin", c => c.Give(0, c.G.Div(c.Gradient, Cosine(c))));
        rules.Add("Acos", c => c.Give(0, c.G.Neg(c.G.Div(c.Gradient, Cosine(c)))));
        rules.Add("Sinh", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Op("Cosh", [c.Input(0)]))));
        rules.Add("Cosh", c => c.Give(0, c.G.Mul(c.Gradient, c.G.Op("Sinh", [c.Input(0)]))));
        rules.Add("Asinh", c => c.Give(0, c.G.Div(c.Gradient, c.G.Sqrt(c.G.Add(Square(c), c.Scalar(1))))));
        rules.Add("Acosh", c => c.Give(0, c.G.Div(c.Gradient, c.G.Sqrt(c.G.Sub(Square(c), c.Scalar(1))))));
        rules.Add("Atanh", c => c.Give(0, c.G.Div(c.Gradient, c.G.Sub(c.Scalar(1), Square(c)))));
        rules.Add("Cast", Cast);
        rules.Add("CastLike", Cast, [0]);
        foreach (string step in (string[])["Floor", "Ceil", "Round", "Sign", "Shape", "Size", "ConstantOfShape", "Equal", "Less", "LessOrEqual", "Greater",
            "GreaterOrEqual", "IsNaN", "IsInf", "Not", "And", "Or", "Xor", "NonZero", "ArgMax", "ArgMin", "Constant", "Hardmax", "Unique",
            "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "EyeLike", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
            "Bernoulli", "Multinomial"])
        {
            rules.Stop(step);
        }
    }

    private static void Divide(GradientContext c)
    {
        if (!c.Wants(0) && !c.Wants(1)) return;
        Value quotient = c.G.Div(c.Gradient, c.Input(1));
        c.GiveReduced(0, quotient);
        if (c.Wants(1)) c.GiveReduced(1, c.G.Neg(c.G.Mul(quotient, c.Output())));
    }

    private static void Sum(GradientContext c)
    {
        for (int i = 0; i < c.Node.Input.Count; i++) c.GiveReduced(i, c.Gradient);
    }

    private static void Mean(GradientContext c)
    {
        Value share = c.G.Mul(c.Gradient, c.Scalar(1f / c.Node.Input.Count));
        for (int i = 0; i < c.Node.Input.Count; i++) c.GiveReduced(i, share);
    }

    private static void Power(GradientContext c)
    {
        Value x = c.Input(0), exponent = c.Input(1);
        DataType type = c.Shapes.Type(x.Name);
        if (c.Wants(0)) c.GiveReduced(0, PowerOfBase(c, x, exponent, type));
        if (!c.Wants(1)) return;
        // d/de x^e = x^e ln x, and 0 where x is 0, whose logarithm would turn the product into NaN.
        Value zero = c.Scalar(0);
        Value positive = c.G.Op("Greater", [x, zero]);
        Value log = c.G.Op("Log", [c.G.Where(positive, x, c.Scalar(1))]);
        c.GiveReduced(1, c.G.Mul(c.G.Mul(c.Gradient, c.Output()), log));
    }

    private static Value PowerOfBase(GradientContext c, Value x, Value exponent, DataType type)
    {
        float? known = c.Shapes.Scalar(exponent.Name) ?? (c.Shapes.Integers(exponent.Name) is [long whole] ? whole : null);
        switch (known)
        {
            case 0:
                // 0 x^-1 would be NaN at 0.
                return c.G.Mul(c.Gradient, c.Scalar(0));
            case 1:
                return c.Gradient;
            case 2:
                return c.G.Mul(c.G.Mul(c.Gradient, c.Scalar(2)), x);
            case 3:
                return c.G.Mul(c.G.Mul(c.Gradient, c.Scalar(3)), c.G.Mul(x, x));
            case 0.5f:
                return SquareRoot(c);
            case -0.5f:
                return c.G.Mul(c.G.Mul(c.Gradient, c.Scalar(-0.5f)), c.G.Div(c.Output(), x));
            case { } e:
                return c.G.Mul(c.Gradient, c.G.Mul(c.G.Op("Pow", [x, c.Scalar(e - 1)]), c.Scalar(e)));
        }
        Value power = c.Shapes.Type(exponent.Name) == type ? exponent : c.G.Cast(exponent, type);
        Value lower = c.G.Op("Pow", [x, c.G.Sub(power, c.Scalar(1))]), zero = c.Scalar(0);
        return c.G.Mul(c.Gradient, c.G.Where(c.G.Op("Equal", [power, zero]), zero, c.G.Mul(power, lower)));
    }

    /// <summary>g / (2 sqrt x). At 0, where the slope is infinite, 0: a norm of nothing, clipped behind the root, would bring NaN otherwise.</summary>
    private static Value SquareRoot(GradientContext c)
    {
        Value zero = c.Scalar(0), root = c.Output();
        return c.G.Where(c.G.Op("Equal", [root, zero]), zero, c.G.Div(c.G.Mul(c.Gradient, c.Scalar(0.5f)), root));
    }

    /// <summary>a - b trunc(a / b).</summary>
    private static void Modulo(GradientContext c)
    {
        c.GiveReduced(0, c.Gradient);
        if (c.Wants(1)) c.GiveReduced(1, c.G.Mul(c.Gradient, c.G.Div(c.G.Sub(c.Output(), c.Input(0)), c.Input(1))));
    }

    /// <summary>Min and Max of any number of operands: operands that give the result together share its gradient, as in ReduceMax.</summary>
    private static void Extreme(GradientContext c, string beats)
    {
        GraphBuilder g = c.G;
        int count = c.Node.Input.Count;
        Value zero = c.Scalar(0);
        if (count == 1) c.Give(0, c.Gradient);
        else if (count == 2)
        {
            Value shared = g.Where(g.Op("Equal", [c.Input(0), c.Input(1)]), g.Mul(c.Gradient, c.Scalar(0.5f)), zero);
            for (int i = 0; i < 2; i++)
            {
                if (c.Wants(i)) c.GiveReduced(i, g.Where(g.Op(beats, [c.Input(i), c.Input(1 - i)]), c.Gradient, shared));
            }
        }
        else
        {
            Value[] chosen = [.. Enumerable.Range(0, count).Select(i => g.Op("Equal", [c.Input(i), c.Output()]))];
            Value share = g.Div(c.Gradient, g.Op("Sum", [.. chosen.Select(flag => g.Cast(flag, c.ElementType))]));
            for (int i = 0; i < count; i++)
            {
                if (c.Wants(i)) c.GiveReduced(i, g.Where(chosen[i], share, zero));
            }
        }
    }

    private static void Where(GradientContext c)
    {
        Value zero = c.Scalar(0);
        if (c.Wants(1)) c.GiveReduced(1, c.G.Where(c.Input(0), c.Gradient, zero));
        if (c.Wants(2)) c.GiveReduced(2, c.G.Where(c.Input(0), zero, c.Gradient));
    }

    /// <summary>min(max(x, low), high): each element's gradient goes to the one of the three that gave it.</summary>
    private static void Clip(GradientContext c)
    {
        GraphBuilder g = c.G;
        Value gradient = c.Gradient, zero = c.Scalar(0), raised = c.Input(0);
        Value? low = Bound(c, 1, "min"), high = Bound(c, 2, "max");
        if (low is { } floor && high is not null) raised = g.Op("Max", [c.Input(0), floor]);
        if (high is { } max)
        {
            Value above = g.Op("Greater", [raised, max]);
            if (c.Wants(2)) c.GiveReduced(2, g.Where(above, gradient, zero));
            gradient = g.Where(above, zero, gradient);
        }
        if (low is { } min)
        {
            Value below = g.Op("Less", [c.Input(0), min]);
            if (c.Wants(1)) c.GiveReduced(1, g.Where(below, gradient, zero));
            gradient = g.Where(below, zero, gradient);
        }
        c.Give(0, gradient);
    }

    private static Value? Bound(GradientContext c, int input, string attribute) =>
        c.Has(input) ? c.Input(input) : c.Node.Find(attribute) is { } bound ? c.Scalar(bound.F) : null;

    /// <summary>sqrt(1 - x^2).</summary>
    private static Value Cosine(GradientContext c) => c.G.Sqrt(c.G.Sub(c.Scalar(1), Square(c)));

    private static Value Square(GradientContext c) => c.G.Mul(c.Input(0), c.Input(0));

    private static void Cast(GradientContext c)
    {
        DataType from = c.Shapes.Type(c.Node.In(0)), to = c.Shapes.Type(c.Node.Out(0));
        if (from == DataType.Undefined) throw c.Unsupported("a value of unknown element type", "declare the types of the graph's inputs");
        c.Give(0, from == to ? c.Gradient : c.G.Cast(c.Gradient, from));
    }
}
