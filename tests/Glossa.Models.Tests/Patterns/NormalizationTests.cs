using Glossa.Models.Building;
using Glossa.Models.Onnx;
using NUnit.Framework;

namespace Glossa.Models.Tests.Patterns;

/// <summary>Every way in which exporters have written a normalization.</summary>
[TestFixture]
public sealed class NormalizationTests
{
    private const int Width = 6;

    private static readonly string[] Squares = ["Pow", "Mul"];
    private static readonly string[] Quotients = ["Div", "Reciprocal", "One", "Power", "PowerMinus", "ReciprocalFirst"];
    private static readonly string[] Affines = ["both", "swapped", "gain", "none", "column"];

    private static IEnumerable<TestCaseData> Spellings() =>
        from centred in (bool[])[true, false]
        from square in Squares
        from quotient in Quotients
        from affine in centred ? Affines : ["gain", "swapped", "plus one", "none"]
        select new TestCaseData(centred, square, quotient, affine);

    [TestCaseSource(nameof(Spellings))]
    public void Apply_Normalization_IsOneOperator(bool centred, string square, string quotient, string affine)
    {
        PatternCase test = new(5);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 2, 3, Width);
        Value mean = Mean(g, x), deviation = centred ? g.Sub(x, mean) : x;
        Value squared = square == "Pow" ? g.Op("Pow", [deviation, g.Constant(2f)]) : g.Mul(deviation, deviation);
        Value sum = g.Add(Mean(g, squared), g.Constant(1e-5f));
        Value normalized = quotient switch
        {
            "Div" => g.Div(deviation, g.Sqrt(sum)),
            "Reciprocal" => g.Mul(deviation, g.Op("Reciprocal", [g.Sqrt(sum)])),
            "One" => g.Mul(g.Div(g.Constant(1f), g.Sqrt(sum)), deviation),
            "Power" => g.Div(deviation, g.Op("Pow", [sum, g.Constant(0.5f)])),
            "PowerMinus" => g.Mul(deviation, g.Op("Pow", [sum, g.Constant(-0.5f)])),
            _ => g.Mul(deviation, g.Sqrt(g.Op("Reciprocal", [sum]))),
        };
        test.Output(Affine(test, normalized, affine));
        test.Check(counts => centred ? counts.LayerNorms : counts.RmsNorms, 1, centred ? "LayerNormalization" : "SimplifiedLayerNormalization");
    }

    [Test]
    public void Apply_MeanOverTheFirstAxis_IsLeftAlone()
    {
        PatternCase test = new(3);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 4, 5);
        Value variance = g.Op("ReduceMean", [g.Mul(x, x)], null, "", OnnxFactory.Attribute("axes", [0L]));
        test.Output(g.Mul(g.Div(x, g.Sqrt(g.Add(variance, g.Constant(1e-5f)))), test.Parameter("gain", 5)));
        test.Check(counts => counts.RmsNorms, 0, null);
    }

    [Test]
    public void Apply_OtherValueDivided_IsLeftAlone()
    {
        PatternCase test = new(4);
        GraphBuilder g = test.G;
        Value x = test.Parameter("x", 4, 5), other = test.Parameter("other", 4, 5);
        test.Output(g.Div(other, g.Sqrt(g.Add(Mean(g, g.Mul(x, x)), g.Constant(1e-5f)))));
        test.Check(counts => counts.RmsNorms, 0, null);
    }

    private static Value Affine(PatternCase test, Value normalized, string affine)
    {
        GraphBuilder g = test.G;
        if (affine == "none") return normalized;
        Value gain = affine == "column" ? test.Parameter("gain", 1, 1, Width) : test.Parameter("gain", Width);
        if (affine == "plus one") gain = g.Add(gain, g.Constant(1f));
        Value scaled = affine == "swapped" ? g.Mul(gain, normalized) : g.Mul(normalized, gain);
        return affine is "gain" or "plus one" || (affine == "swapped" && !g.Graph.Node.Any(n => n.OpType == "Sub")) ? scaled
            : affine == "swapped" ? g.Add(test.Parameter("bias", Width), scaled) : g.Add(scaled, test.Parameter("bias", Width));
    }

    private static Value Mean(GraphBuilder g, Value x) => g.Op("ReduceMean", [x], null, "", OnnxFactory.Attribute("axes", [-1L]), OnnxFactory.Attribute("keepdims", 1L));
}
