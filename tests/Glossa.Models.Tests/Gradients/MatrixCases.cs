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
            from sizes in RuleGen.Size.Array[3]
            from transA in Gen.Bool
            from transB in Gen.Bool
            from alpha in RuleGen.OneOf(1f, 0.7f)
            from beta in RuleGen.OneOf(1f, -1.3f)
            from bias in RuleGen.Part([sizes[0], sizes[2]])
            from biased in Gen.Bool
            select (sizes, transA, transB, alpha, beta, bias, biased),
            (t, p) =>
            {
                (int m, int k, int n) = (p.sizes[0], p.sizes[1], p.sizes[2]);
                Value a = t.Real(p.transA ? [k, m] : [m, k]), b = t.Real(p.transB ? [n, k] : [k, n]);
                t.Node("Gemm", p.biased ? [a, b, t.Real(p.bias)] : [a, b], 1, "",
                    Attribute("transA", p.transA ? 1 : 0), Attribute("transB", p.transB ? 1 : 0), Attribute("alpha", p.alpha), Attribute("beta", p.beta));
            });
        cases["com.microsoft.FusedMatMul"] = RuleGen.Cases(
            from batch in RuleGen.Broadcast(2)
            from sizes in RuleGen.Size.Array[3]
            from transA in Gen.Bool
            from transB in Gen.Bool
            from alpha in RuleGen.OneOf(1f, 0.7f)
            select (batch, sizes, transA, transB, alpha),
            (t, p) =>
            {
                (int m, int k, int n) = (p.sizes[0], p.sizes[1], p.sizes[2]);
                t.Node("FusedMatMul", [t.Real([.. p.batch.A, .. p.transA ? [k, m] : (int[])[m, k]]), t.Real([.. p.batch.B, .. p.transB ? [n, k] : (int[])[k, n]])], 1, "com.microsoft",
                    Attribute("transA", p.transA ? 1 : 0), Attribute("transB", p.transB ? 1 : 0), Attribute("alpha", p.alpha));
            });
        cases["com.microsoft.FusedMatMul/batchTransposed"] = RuleGen.Cases(
            from batch in RuleGen.Size from sizes in RuleGen.Size.Array[3] from batchA in Gen.Bool from batchB in Gen.Bool select (batch, sizes, batchA, batchB),
            (t, p) =>
            {
                (int m, int k, int n) = (p.sizes[0], p.sizes[1], p.sizes[2]);
                t.Node("FusedMatMul", [t.Real(p.batchA ? [m, p.batch, k] : [p.batch, m, k]), t.Real(p.batchB ? [k, p.batch, n] : [p.batch, k, n])], 1, "com.microsoft",
                    Attribute("transBatchA", p.batchA ? 1 : 0), Attribute("transBatchB", p.batchB ? 1 : 0));
            });
        cases["Einsum"] = RuleGen.Cases(
            from equation in RuleGen.OneOf("ij,jk->ik", "bij,bjk->bik", "bhqd,bhkd->bhqk", "bqhd,bkhd->bhqk", "i,j->ij", "ij,ij->", "ij,j->i", "bi,bj", "ij,kl->il", "i,i", "ij->ji", "ij->i", "ijk->k", "ij", "ii->i", "ii->", "iij,j->i", "ijj,jk->ik", "aBc,Bd->adc", "bij,bjk,bk->bi")
            from sizes in RuleGen.Size.Array[26]
            select (equation, sizes),
            (t, p) => t.Node("Einsum", [.. p.equation.Split("->")[0].Split(',').Select(term => t.Real([.. term.Select(index => p.sizes[char.ToLowerInvariant(index) - 'a'])]))], 1, "", Attribute("equation", p.equation)));
        cases["Einsum/ellipsis"] = RuleGen.Cases(
            from batch in RuleGen.Shape(0, 2) from sizes in RuleGen.Size.Array[3] from implied in Gen.Bool select (batch, sizes, implied),
            (t, p) => t.Node("Einsum", [t.Real([.. p.batch, p.sizes[0], p.sizes[1]]), t.Real([.. p.batch, p.sizes[1], p.sizes[2]])], 1, "",
                Attribute("equation", p.implied ? "...ij,...jk" : "...ij,...jk->...ki")));
        cases["Conv"] = Convolutions(1);
        cases["Conv/2d"] = Convolutions(2);
        cases["Conv/3d"] = Convolutions(3);
        cases["Conv/same"] = RuleGen.Cases(
            from size in Gen.Int[3, 6] from kernel in Gen.Int[1, 3] from stride in Gen.Int[1, 2] from auto in RuleGen.OneOf("SAME_UPPER", "SAME_LOWER", "VALID") select (size, kernel, stride, auto),
            (t, p) => t.Node("Conv", [t.Real([2, 2, p.size]), t.Real([3, 2, p.kernel], dynamic: false)], 1, "", Attribute("strides", (long[])[p.stride]), Attribute("auto_pad", p.auto)));
    }

    private static Gen<Func<RuleCase>> Convolutions(int spatial) => RuleGen.Cases(
        from batch in Gen.Int[1, 2]
        from groups in Gen.Int[1, 2]
        from channels in Gen.Int[1, 2].Array[2]
        from sizes in Gen.Int[3, 6 - spatial].Array[spatial]
        from kernel in Gen.Int[1, 3].Array[spatial]
        from strides in Gen.Long[1, 3].Array[spatial]
        from dilations in Gen.Long[1, 2].Array[spatial]
        from pads in Gen.Long[0, 2].Array[2 * spatial]
        from biased in Gen.Bool
        where Enumerable.Range(0, spatial).All(i => sizes[i] + pads[i] + pads[i + spatial] >= ((kernel[i] - 1) * dilations[i]) + 1)
        select (batch, groups, channels, sizes, kernel, strides, dilations, pads, biased),
        (t, p) =>
        {
            Value x = t.Real([p.batch, p.groups * p.channels[0], .. p.sizes]), w = t.Real([p.groups * p.channels[1], p.channels[0], .. p.kernel], dynamic: false);
            t.Node("Conv", p.biased ? [x, w, t.Real([p.groups * p.channels[1]])] : [x, w], 1, "",
                Attribute("group", (long)p.groups), Attribute("strides", p.strides), Attribute("dilations", p.dilations), Attribute("pads", p.pads));
        });
}
