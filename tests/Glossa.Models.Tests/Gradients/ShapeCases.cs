using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

internal static class ShapeCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        cases["Transpose"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 4) from perm in Gen.Shuffle(Enumerable.Range(0, shape.Length).Select(i => (long)i).ToArray()) from given in Gen.Bool select (shape, perm, given),
            (t, p) => t.Node("Transpose", [t.Real(p.shape)], 1, "", p.given ? [Attribute("perm", p.perm)] : []));
        cases["Reshape"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(1, 4), Gen.Int[0, 3]), (t, p) => t.Node("Reshape", [t.Real(p.Item1), p.Item2 switch
        {
            0 => t.G.Ints(-1),
            1 => t.G.Ints(0, -1),
            2 => t.G.Ints([.. p.Item1.Reverse().Select(d => (long)d)]),
            _ => t.Feed("shape", DoubleTensor.Wholes([3], 1, -1, 1)),
        }]));
        cases["Flatten"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 4) from axis in Gen.Int[-shape.Length, shape.Length] select (shape, axis),
            (t, p) => t.Node("Flatten", [t.Real(p.shape)], 1, "", Attribute("axis", (long)p.axis)));
        cases["Unsqueeze"] = RuleGen.Cases(
            from shape in RuleGen.Shape(0, 2) from axes in RuleGen.Axes(shape.Length + 1, 1) select (shape, axes),
            (t, p) => t.Node("Unsqueeze", [t.Real(p.shape), t.G.Ints(p.axes.Length == p.shape.Length + 1 ? [0] : p.axes.Take(1).ToArray())]));
        cases["Squeeze"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(0, 2), Gen.Bool, Gen.Bool), (t, p) =>
        {
            Value x = t.Real([1, .. p.Item1, 1]);
            t.Node("Squeeze", p.Item2 ? [x, t.G.Ints(p.Item3 ? [0, -1] : [-1])] : [x]);
        });
        cases["Expand"] = RuleGen.Cases(
            from shape in RuleGen.Shape(0, 3) from part in RuleGen.Part(shape) from constant in Gen.Bool select (shape, part, constant),
            (t, p) =>
            {
                long[] shape = [.. p.shape.Select(d => (long)d)];
                t.Node("Expand", [t.Real(p.part), p.constant ? t.G.Ints(shape) : t.Feed("shape", DoubleTensor.Wholes([shape.Length], shape))]);
            });
        cases["Concat"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from sizes in RuleGen.Size.Array[1, 3] select (shape, axis, sizes),
            (t, p) => t.Node("Concat", [.. p.sizes.Select(size => t.Real(With(p.shape, p.axis, size)))], 1, "", Attribute("axis", (long)p.axis)));
        cases["Split"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from sizes in RuleGen.Size.Array[1, 3] from given in Gen.Bool select (shape, axis, sizes, given),
            (t, p) =>
            {
                int total = p.given ? p.sizes.Sum() : p.sizes[0] * p.sizes.Length;
                Value x = t.Real(With(p.shape, p.axis, total));
                AttributeProto[] attributes = p.given ? [Attribute("axis", (long)p.axis)] : [Attribute("axis", (long)p.axis), Attribute("num_outputs", (long)p.sizes.Length)];
                t.Node("Split", p.given ? [x, t.G.Ints([.. p.sizes.Select(s => (long)s)])] : [x], p.sizes.Length, "", attributes);
                // One part that nobody reads.
                if (p.sizes.Length > 1) t.Outputs.RemoveAt(0);
            });
        cases["Tile"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from repeats in Gen.Long[1, 3].Array[shape.Length] from constant in Gen.Bool select (shape, repeats, constant),
            (t, p) => t.Node("Tile", [t.Real(p.shape), p.constant ? t.G.Ints(p.repeats) : t.Feed("repeats", DoubleTensor.Wholes([p.repeats.Length], p.repeats))]));
        cases["CumSum"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from exclusive in Gen.Bool from reverse in Gen.Bool select (shape, axis, exclusive, reverse),
            (t, p) => t.Node("CumSum", [t.Real(p.shape), t.G.Constant((long)p.axis)], 1, "", Attribute("exclusive", p.exclusive ? 1 : 0), Attribute("reverse", p.reverse ? 1 : 0)));
        cases["Trilu"] = RuleGen.Cases(Gen.Select(RuleGen.Shape(2, 4), Gen.Long[-2, 2], Gen.Bool, Gen.Bool), (t, p) =>
            t.Node("Trilu", p.Item4 ? [t.Real(p.Item1), t.G.Constant(p.Item2)] : [t.Real(p.Item1)], 1, "", Attribute("upper", p.Item3 ? 1 : 0)));
        foreach (string mode in (string[])["constant", "edge", "reflect", "wrap"])
        {
            cases["Pad/" + mode] = RuleGen.Cases(
                from shape in Gen.Int[3, 4].Array[1, 3]
                from axes in RuleGen.Axes(shape.Length, 1)
                from pads in (mode == "constant" ? Gen.Long[-1, 2] : Gen.Long[0, 2]).Array[2 * axes.Length]
                from constant in Gen.Bool
                select (shape, axes, pads, constant),
                (t, p) =>
                {
                    bool all = p.axes.Length == p.shape.Length;
                    long[] axes = all ? [.. Enumerable.Range(0, p.shape.Length).Select(i => (long)i)] : p.axes;
                    Value pads = p.constant ? t.G.Ints(p.pads) : t.Feed("pads", DoubleTensor.Wholes([p.pads.Length], p.pads)), x = t.Real(p.shape);
                    t.Node("Pad", all ? [x, pads] : [x, pads, Value.None, t.G.Ints(axes)], 1, "", Attribute("mode", mode));
                });
        }
        cases["Pad/value"] = RuleGen.Cases(Gen.Select(Gen.Int[2, 4].Array[2], Gen.Long[-1, 2].Array[4], Gen.Bool), (t, p) =>
            t.Node("Pad", [t.Real(p.Item1), t.G.Ints(p.Item2), t.Real(p.Item3 ? [] : [1])]));
        cases["Slice/computedAxes"] = RuleGen.Cases(Gen.Int[2, 4].Array[2], (t, shape) =>
            t.Node("Slice", [t.Real(shape), t.G.Ints(1), t.G.Ints(long.MaxValue), t.Feed("axes", DoubleTensor.Wholes([1], -1))]));
        cases["Slice"] = Slices([1]);
        cases["Slice/steps"] = Slices([1, 2, -1, -2]);
    }

    internal static int[] With(int[] shape, int axis, int size)
    {
        int[] result = (int[])shape.Clone();
        result[axis < 0 ? axis + shape.Length : axis] = size;
        return result;
    }

    private static Gen<Func<RuleCase>> Slices(long[] steps) => RuleGen.Cases(
        from shape in Gen.Int[1, 5].Array[1, 3]
        from axes in RuleGen.Axes(shape.Length, 1)
        from starts in Gen.Long[-6, 6].Array[axes.Length]
        from ends in Gen.OneOf(Gen.Long[-6, 6], Gen.Const(long.MaxValue), Gen.Const((long)int.MaxValue), Gen.Const(long.MinValue + 1)).Array[axes.Length]
        from step in RuleGen.OneOf(steps).Array[axes.Length]
        from constant in Gen.Bool
        select (shape, axes, starts, ends, step, constant),
        (t, p) =>
        {
            Value Vector(string name, long[] values) => p.constant ? t.G.Ints(values) : t.Feed(name, DoubleTensor.Wholes([values.Length], values));
            Value x = t.Real(p.shape), axes = t.G.Ints(p.axes);
            bool plain = p.step.All(s => s == 1);
            t.Node("Slice", plain ? [x, Vector("starts", p.starts), Vector("ends", p.ends), axes] : [x, Vector("starts", p.starts), Vector("ends", p.ends), axes, Vector("steps", p.step)]);
        });
}
