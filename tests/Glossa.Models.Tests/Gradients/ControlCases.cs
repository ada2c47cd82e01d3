using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.OnnxFactory;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

internal static class ControlCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["Dropout"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), Gen.Int[0, 2]), (t, p) =>
        {
            Value x = t.Real(p.Item1);
            t.Node("Dropout", p.Item2 switch { 0 => [x], 1 => [x, t.G.Constant(0.3f)], _ => [x, t.G.Constant(0f), Flag(t, true)] });
        });
        cases["Range"] = RuleGen.Cases(Gen.Select(Gen.Int[1, 5], Gen.Bool), (t, p) =>
        {
            // A limit half a step behind the last element, so that small changes do not change the count.
            Value start = t.Real([]), delta = t.G.Add(t.G.Mul(t.Real([], Draw.Unit), t.G.Constant(0.001f)), t.G.Constant(p.Item2 ? 1f : -0.5f));
            t.Node("Range", [start, t.G.Add(t.G.Mul(delta, t.G.Constant(p.Item1 - 0.5f)), start), delta]);
        });
        cases["If"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 3), Gen.Bool), (t, p) =>
        {
            Value x = t.Real(p.Item1);
            AttributeProto Branch(string name, string op) => new()
            {
                Name = name,
                Type = AttributeProto.Types.AttributeType.Graph,
                G = new GraphProto
                {
                    Name = name,
                    Node = { new NodeProto { OpType = op, Input = { x.Name }, Output = { "inner" } }, new NodeProto { OpType = op, Input = { "inner" }, Output = { name + ".out" } } },
                    Output = { new ValueInfoProto { Name = name + ".out" } },
                },
            };
            t.Node("If", [Flag(t, p.Item2)], 1, "", Branch("then_branch", "Tanh"), Branch("else_branch", "Sin"));
        });
    }

    private static Value Flag(RuleCase t, bool value) => t.G.Initializer(Raw("flag", DataType.Bool, [], [value ? (byte)1 : (byte)0]));
}
