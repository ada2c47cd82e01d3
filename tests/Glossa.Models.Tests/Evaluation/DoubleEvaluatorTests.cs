using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Gradients;
using NUnit.Framework;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

/// <summary>
/// Holds the evaluator to ONNX Runtime for the operators that carry no gradient or that only rules write; the others are compared
/// over drawn shapes in <see cref="RuleTests"/>.
/// </summary>
[TestFixture]
public sealed class DoubleEvaluatorTests
{
    private static readonly Dictionary<string, Action<RuleCase>> Graphs = Collect();

    private static IEnumerable<string> Operators => Graphs.Keys;

    [TestCaseSource(nameof(Operators))]
    public void Run_Operator_AgreesWithOnnxRuntime(string name)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            RuleCase test = new(seed, dynamic: false);
            Graphs[name](test);
            IReadOnlyDictionary<string, DoubleTensor> expected = new DoubleEvaluator(test.G.Graph).Run(test.Feeds, test.Outputs);
            IReadOnlyDictionary<string, DoubleTensor> actual = RuntimeEvaluator.Run(test.G.Graph, test.Feeds, test.Outputs);
            foreach (string output in test.Outputs)
            {
                Assert.That(actual[output].Type, Is.EqualTo(expected[output].Type));
                Assert.That(() => RuleCheck.Compare(name, output, actual[output], expected[output], 1e-5), Throws.Nothing);
            }
        }
    }

    [Test]
    public void Supported_EveryOperatorIsComparedWithOnnxRuntime() =>
        Assert.That(DoubleEvaluator.Supported.Except(Graphs.Keys.Select(k => k.Split('/')[0])).Except(RuleTests.Covered), Is.Empty);

    [TestCase(0.0, 0.0)]
    [TestCase(0.5, 0.5204998778130465)]
    [TestCase(-1.0, -0.8427007929497149)]
    [TestCase(2.0, 0.9953222650189527)]
    [TestCase(2.5, 0.9995930479825550)]
    [TestCase(3.5, 0.9999992569016276)]
    [TestCase(7.0, 1.0)]
    public void Erf_KnownValues(double x, double expected) => Assert.That(ErrorFunction.Erf(x), Is.EqualTo(expected).Within(1e-15));

    private static Dictionary<string, Action<RuleCase>> Collect()
    {
        Dictionary<string, Action<RuleCase>> graphs = [];
        foreach (string op in (string[])["Floor", "Ceil", "Round", "Sign"]) graphs[op] = t => t.Node(op, [t.G.Mul(t.Fixed([3, 4]), t.G.Constant(3f))]);
        foreach (string op in (string[])["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])
            graphs[op] = t => t.Node(op, [t.Indices([3, 4], 3), t.Indices([4], 3)]);
        foreach (string op in (string[])["And", "Or", "Xor"]) graphs[op] = t => t.Node(op, [t.Flags([3, 1]), t.Flags([4])]);
        graphs["Not"] = t => t.Node("Not", [t.Flags([5])]);
        graphs["IsNaN"] = t => t.Node("IsNaN", [t.G.Op("Log", [t.Fixed([8])])]);
        graphs["IsInf"] = t => t.Node("IsInf", [t.G.Div(t.Fixed([4]), t.G.Cast(t.Indices([4], 2, false), DataType.Float))]);
        graphs["Mod"] = t => t.Node("Mod", [t.Indices([3, 4], 9), t.G.Add(t.Indices([4], 4, false), t.G.Constant(1L))]);
        graphs["Mod/float"] = t => t.Node("Mod", [t.Fixed([3, 4]), t.Fixed([4], Draw.NonZero)], 1, "", Attribute("fmod", 1L));
        graphs["Div/integers"] = t => t.Node("Div", [t.Indices([3, 4], 9), t.G.Add(t.Indices([4], 4, false), t.G.Constant(1L))]);
        graphs["Shape"] = t => t.Node("Shape", [t.Fixed([2, 3, 4])], 1, "", Attribute("start", -2L), Attribute("end", 3L));
        graphs["Size"] = t => t.Node("Size", [t.Fixed([2, 3])]);
        graphs["Constant"] = t => t.Node("Constant", [], 1, "", Attribute("value", Tensor("", [2], [1f, 2f])));
        graphs["Constant/integers"] = t => t.Node("Constant", [], 1, "", Attribute("value_ints", (long[])[3, 4]));
        graphs["ConstantOfShape"] = t => t.Node("ConstantOfShape", [t.G.Ints(2, 3)]);
        graphs["ConstantOfShape/value"] = t => t.Node("ConstantOfShape", [t.G.Ints(2, 3)], 1, "", Attribute("value", Tensor("", [1], [7L])));
        graphs["Range"] = t => t.Node("Range", [t.G.Constant(5L), t.G.Constant(-4L), t.G.Constant(-2L)]);
        graphs["Range/float"] = t => t.Node("Range", [t.G.Constant(0.5f), t.G.Constant(3f), t.G.Constant(0.7f)]);
        graphs["OneHot"] = t => t.Node("OneHot", [t.Indices([3, 2], 4), t.G.Constant(4L), t.Fixed([2])], 1, "", Attribute("axis", 1L));
        graphs["NonZero"] = t => t.Node("NonZero", [t.Flags([3, 4])]);
        foreach (string op in (string[])["ArgMax", "ArgMin"])
            graphs[op] = t => t.Node(op, [t.Fixed([3, 4, 2], Draw.Spaced)], 1, "", Attribute("axis", -2L), Attribute("keepdims", 0L));
        graphs["ConvTranspose"] = t => t.Node("ConvTranspose", [t.Fixed([2, 4, 3, 2]), t.Fixed([4, 3, 2, 3])], 1, "",
            Attribute("group", 2L), Attribute("strides", (long[])[2, 1]), Attribute("dilations", (long[])[1, 2]));
        foreach (DataType to in (DataType[])[DataType.Int64, DataType.Bool, DataType.Double]) graphs["Cast/" + to] = t => t.Node("Cast", [t.G.Mul(t.Fixed([6]), t.G.Constant(3f))], 1, "", Attribute("to", (long)to));
        foreach (string reduction in (string[])["mul", "max", "min"])
        {
            graphs["ScatterElements/" + reduction] = t => t.Node("ScatterElements", [t.Fixed([4, 3]), t.Indices([5, 3], 4), t.Fixed([5, 3])], 1, "", Attribute("reduction", reduction));
            graphs["ScatterND/" + reduction] = t => t.Node("ScatterND", [t.Fixed([4, 3]), t.Indices([5, 1], 4), t.Fixed([5, 3])], 1, "", Attribute("reduction", reduction));
        }
        return graphs;
    }
}
