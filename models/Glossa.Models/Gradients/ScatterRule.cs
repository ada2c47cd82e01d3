using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>ScatterElements and ScatterND with every reduction.</summary>
internal sealed class ScatterRule
{
    private readonly GradientContext _c;
    private readonly GraphBuilder _g;
    private readonly string _gather;
    private readonly AttributeProto[] _axis;

    private ScatterRule(GradientContext c, string gather)
    {
        (_c, _g, _gather) = (c, c.G, gather);
        _axis = c.Node.Find("axis") is { } given ? [given.Clone()] : [];
    }

    internal static void Apply(GradientContext c, string gather)
    {
        ScatterRule rule = new(c, gather);
        switch (c.Node.AttributeText("reduction", "none"))
        {
            case "none":
                // Updates take the gradient from where they were written; the data lose it there.
                if (c.Wants(0)) c.Give(0, rule.Scattered(c.Gradient, ShapeRules.ZerosLike(c, c.Input(2)), "none"));
                if (c.Wants(2)) c.Give(2, rule.Gathered(c.Gradient));
                break;
            case "add":
                c.Give(0, c.Gradient);
                if (c.Wants(2)) c.Give(2, rule.Gathered(c.Gradient));
                break;
            case "mul":
                rule.Product();
                break;
            case "max" or "min":
                rule.Extreme();
                break;
            case var other:
                throw c.Unsupported($"the reduction '{other}'", "use none, add, mul, max or min");
        }
    }

    private Value Gathered(Value value) => _g.Op(_gather, [value, _c.Input(1)], null, "", Axis());

    private Value Scattered(Value data, Value updates, string reduction) =>
        _g.Op(_c.Node.OpType, [data, _c.Input(1), updates], null, "", [.. Axis(), OnnxFactory.Attribute("reduction", reduction)]);

    private AttributeProto[] Axis() => Array.ConvertAll(_axis, a => a.Clone());

    /// <summary>Data and updates that are the extreme of a place share its gradient.</summary>
    private void Extreme()
    {
        Value zero = _c.Scalar(0);
        Value kept = _g.Op("Equal", [_c.Input(0), _c.Output()]), written = _g.Op("Equal", [_c.Input(2), Gathered(_c.Output())]);
        Value count = Scattered(_g.Cast(kept, _c.ElementType), _g.Cast(written, _c.ElementType), "add");
        Value share = _g.Div(_c.Gradient, count);
        if (_c.Wants(0)) _c.Give(0, _g.Where(kept, share, zero));
        if (_c.Wants(2)) _c.Give(2, _g.Where(written, Gathered(share), zero));
    }

    /// <summary>The product of a place's other factors: the product over the factor; where one factor is zero, the rest's product goes to it alone.</summary>
    private void Product()
    {
        Value zero = _c.Scalar(0), one = _c.Scalar(1);
        Value dataZero = _g.Op("Equal", [_c.Input(0), zero]), updateZero = _g.Op("Equal", [_c.Input(2), zero]);
        Value data = _g.Where(dataZero, one, _c.Input(0)), updates = _g.Where(updateZero, one, _c.Input(2));
        Value zeros = Scattered(_g.Cast(dataZero, _c.ElementType), _g.Cast(updateZero, _c.ElementType), "add");
        Value product = _g.Mul(_c.Gradient, Scattered(data, updates, "mul"));
        Value none = _g.Where(_g.Op("Equal", [zeros, zero]), product, zero), single = _g.Where(_g.Op("Equal", [zeros, one]), product, zero);
        if (_c.Wants(0)) _c.Give(0, _g.Where(dataZero, single, _g.Div(none, data)));
        if (_c.Wants(2)) _c.Give(2, _g.Where(updateZero, Gathered(single), _g.Div(Gathered(none), updates)));
    }
}
