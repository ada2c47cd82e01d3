using CsCheck;
using Glossa.Models.Building;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class MatrixCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["MatMul"] = RuleGen.Cases(
            from batch in RuleGen.Broadcast(2) from m in RuleGen.Size from k in RuleGen.Size from n in RuleGen.Size select (batch, m, k, n),
            (t, p) => t.Node("MatMul", [t.Real([.. p.batch.A, p.m, p.k]), t.Real([.. p.batch.B, p.k, p.n])]));
        cases["MatMul/projection"] = RuleGen.Cases(
            from batch in RuleGen.Shape(0, 2) from m in RuleGen.Size from k in RuleGen.Size from n in RuleGen.Size select (batch, m, k, n),
            (t, p) => t.Node("MatMul", [t.Real([.. p.batch, p.m, p.k]), t.Real([p.k, p.n])]));
        cases["MatMul/vectors"] = RuleGen.Cases(
            from batch in RuleGen.Shape(0, 2) from m in RuleGen.Size from k in RuleGen.Size from kind in Gen.Int[0, 2] select (batch, m, k, kind),
            (t, p) => t.Node("MatMul", p.kind switch
            {
                0 => [t.Real([p.k]), t.Real([p.k])],
                1 => [t.Real([p.k]), t.Real([.. p.batch, p.k, p.m])],
                _ => [t.Real([.. p.batch, p.m, p.k]), t.Real([p.k])],
            }));
        cases["Gemm"] = RuleGen.Cases(
            from sizes in RuleGen.Size.Array[3] from transA in Gen.Bool from transB in Gen.Bool from alpha in RuleGen.OneOf(1f, 0.7f) from beta in RuleGen.OneOf(1f, -1.3f)
            from bias in RuleGen.Part([sizes[0], sizes[2]]) from biased in Gen.Bool
            select (sizes, transA, transB, alpha, beta, bias, biased),
            (t, p) =>
            {
                (int m, int k, int n) = (p.sizes[0], p.sizes[1], p.sizes[2]);
                Value a = t.Real(p.transA ? [k, m] : [m, k]), b = t.Real(p.transB ? [n, k] : [k, n]);
                t.Node("Gemm", p.biased ? [a, b, t.Real(p.bias)] : [a, b], 1, "",
                    Attribute("transA", p.transA ? 1 : 0), Attribute("transB", p.transB ? 1 : 0), Attribute("alpha", p.alpha), Attribute("beta", p.beta));
            });
    }
}
