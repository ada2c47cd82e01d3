using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class GatherCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["Gather"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from indices in RuleGen.Shape(0, 2) select (shape, axis, indices),
            (t, p) => t.Node("Gather", [t.Real(p.shape), t.Indices(p.indices, At(p.shape, p.axis))], 1, "", Attribute("axis", (long)p.axis)));
        cases["Gather/constant"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from index in Gen.Int[-At(shape, axis), At(shape, axis) - 1] from scalar in Gen.Bool select (shape, axis, index, scalar),
            (t, p) => t.Node("Gather", [t.Real(p.shape), p.scalar ? t.G.Constant((long)p.index) : t.G.Ints(p.index)], 1, "", Attribute("axis", (long)p.axis)));
        cases["OneHot"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 2) from axis in RuleGen.Axis(shape.Length + 1) from depth in Gen.Long[1, 4] select (shape, axis, depth),
            (t, p) => t.Node("OneHot", [t.Indices(p.shape, (int)p.depth), t.G.Constant(p.depth), t.Real([2])], 1, "", Attribute("axis", (long)p.axis)));
        cases["GatherElements"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from size in RuleGen.Size select (shape, axis, size),
            (t, p) => t.Node("GatherElements", [t.Real(p.shape), t.Indices(ShapeCases.With(p.shape, p.axis, p.size), At(p.shape, p.axis))], 1, "", Attribute("axis", (long)p.axis)));
        cases["GatherND"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 4)
            from batch in Gen.Int[0, shape.Length - 1]
            from tuple in Gen.Int[1, shape.Length - batch]
            from outer in RuleGen.Shape(0, 2)
            select (shape, batch, tuple, outer),
            (t, p) => t.Node("GatherND", [t.Real(p.shape), Tuples(t, [.. p.shape[..p.batch], .. p.outer], p.shape[p.batch..(p.batch + p.tuple)])], 1, "", Attribute("batch_dims", (long)p.batch)));
        foreach (string reduction in (string[])["none", "add"])
        {
            cases["ScatterND/" + reduction] = RuleGen.Cases(
                from shape in RuleGen.Shape(1, 3) from tuple in Gen.Int[1, shape.Length] from count in RuleGen.Size select (shape, tuple, count),
                (t, p) =>
                {
                    // Without a reduction an index must not stand twice: rows of the first axis, each once.
                    int rows = Math.Min(p.count, p.shape[0]);
                    Value indices = reduction == "add"
                        ? Tuples(t, [p.count], p.shape[..p.tuple])
                        : t.Feed("indices", DoubleTensor.Wholes([rows, 1], [.. Enumerable.Range(0, rows).Select(i => (long)(t.Random.NextInt32(2) == 0 ? i : i - p.shape[0]))]));
                    int[] updates = reduction == "add" ? [p.count, .. p.shape[p.tuple..]] : [rows, .. p.shape[1..]];
                    t.Node("ScatterND", [t.Real(p.shape), indices, t.Real(updates)], 1, "", Attribute("reduction", reduction));
                });
            cases["ScatterElements/" + reduction] = RuleGen.Cases(
                from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from size in RuleGen.Size select (shape, axis, size),
                (t, p) =>
                {
                    int length = At(p.shape, p.axis), size = reduction == "add" ? p.size : Math.Min(p.size, length);
                    int[] updates = ShapeCases.With(p.shape, p.axis, size);
                    int stride = DoubleTensor.Count(updates.AsSpan((p.axis < 0 ? p.axis + p.shape.Length : p.axis) + 1));
                    Value indices = reduction == "add"
                        ? t.Indices(updates, length)
                        : t.Feed("indices", DoubleTensor.Wholes(updates, [.. Enumerable.Range(0, DoubleTensor.Count(updates)).Select(i => (long)(i / stride % size) - (i % 2 * length))]));
                    t.Node("ScatterElements", [t.Real(p.shape), indices, t.Real(updates)], 1, "", Attribute("axis", (long)p.axis), Attribute("reduction", reduction));
                });
        }
        foreach (string reduction in (string[])["mul", "max", "min"])
        {
            Draw draw = reduction == "mul" ? Draw.NonZero : Draw.Spaced;
            cases["ScatterElements/" + reduction] = RuleGen.Cases(
                from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from size in RuleGen.Size select (shape, axis, size),
                (t, p) =>
                {
                    int[] updates = ShapeCases.With(p.shape, p.axis, p.size);
                    t.Node("ScatterElements", [t.Real(p.shape, draw), t.Indices(updates, At(p.shape, p.axis)), Shifted(t, updates, draw)], 1, "", Attribute("axis", (long)p.axis), Attribute("reduction", reduction));
                });
            cases["ScatterND/" + reduction] = RuleGen.Cases(
                from shape in RuleGen.Shape(1, 3) from tuple in Gen.Int[1, shape.Length] from count in RuleGen.Size select (shape, tuple, count),
                (t, p) => t.Node("ScatterND", [t.Real(p.shape, draw), Tuples(t, [p.count], p.shape[..p.tuple]), Shifted(t, [p.count, .. p.shape[p.tuple..]], draw)], 1, "", Attribute("reduction", reduction)));
        }
        cases["TopK"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from k in Gen.Int[1, At(shape, axis)] from largest in Gen.Bool select (shape, axis, k, largest),
            (t, p) => t.Node("TopK", [t.Real(p.shape, Draw.Spaced), t.G.Ints(p.k)], 2, "", Attribute("axis", (long)p.axis), Attribute("largest", p.largest ? 1 : 0)));
    }

    /// <summary>Elements that are no other operand's.</summary>
    private static Value Shifted(RuleCase t, int[] shape, Draw draw) => t.G.Add(t.Real(shape, draw), t.G.Constant(RuleCase.Apart));

    /// <summary>Index tuples, one per place of <paramref name="outer"/>, each index within its axis or counted from its end.</summary>
    private static Value Tuples(RuleCase t, int[] outer, int[] sizes)
    {
        long[] indices = new long[DoubleTensor.Count(outer) * sizes.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            int size = sizes[i % sizes.Length];
            indices[i] = t.Random.NextInt32(2 * size) - size;
        }
        return t.Feed("indices", DoubleTensor.Wholes([.. outer, sizes.Length], indices));
    }

    private static int At(int[] shape, int axis) => shape[axis < 0 ? axis + shape.Length : axis];
}
