using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;

namespace Glossa.Models.Tests.Gradients;

/// <summary>Pooling, resizing, and normalization over channels.</summary>
internal static class ResamplingCases
{
    internal static void AddTo(Dictionary<string, Gen<Func<RuleCase>>> cases)
    {
        foreach (string op in (string[])["MaxPool", "AveragePool"])
        {
            cases[op] = Pools(op, 1);
            cases[op + "/2d"] = Pools(op, 2);
        }
        foreach (string op in (string[])["GlobalAveragePool", "GlobalMaxPool"])
            cases[op] = RuleGen.Cases(RuleGen.Size.Array[3, 5], (t, s) => t.Node(op, [t.Real(s, Draw.Spaced)]));
        cases["DepthToSpace"] = RuleGen.Cases(Gen.Select(RuleGen.Size.Array[4], RuleGen.OneOf("DCR", "CRD")), (t, p) =>
            t.Node("DepthToSpace", [t.Real([p.Item1[0], 4 * p.Item1[1], p.Item1[2], p.Item1[3]])], 1, "", Attribute("blocksize", 2L), Attribute("mode", p.Item2)));
        cases["SpaceToDepth"] = RuleGen.Cases(RuleGen.Size.Array[4], (t, s) => t.Node("SpaceToDepth", [t.Real([s[0], s[1], 2 * s[2], 2 * s[3]])], 1, "", Attribute("blocksize", 2L)));
        cases["Resize"] = RuleGen.Cases(
            from sizes in RuleGen.Size.Array[2]
            from target in Gen.Int[1, 6].Array[2]
            from mode in RuleGen.OneOf("linear", "nearest")
            from coordinates in RuleGen.OneOf("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
            from constant in Gen.Bool
            select (sizes, target, mode, coordinates, constant),
            (t, p) =>
            {
                long[] target = [1, 2, p.target[0], p.target[1]];
                t.Node("Resize", [t.Real([1, 2, .. p.sizes]), Value.None, Value.None, p.constant ? t.G.Ints(target) : t.Feed("sizes", DoubleTensor.Wholes([4], target), false)], 1, "",
                    Attribute("mode", p.mode), Attribute("coordinate_transformation_mode", p.coordinates));
            });
        cases["Resize/scales"] = RuleGen.Cases(
            Gen.Select(RuleGen.Size.Array[2], RuleGen.OneOf(0.5f, 1f, 1.5f, 2f).Array[2], RuleGen.OneOf("linear", "nearest")),
            (t, p) => t.Node("Resize", [t.Real([2, 1, p.Item1[0] + 1, p.Item1[1] + 1]), Value.None, t.G.Initializer(Tensor("scales", [4], [1f, 1f, .. p.Item2]))], 1, "",
                Attribute("mode", p.Item3), Attribute("coordinate_transformation_mode", "asymmetric")));
        cases["Resize/axes"] = RuleGen.Cases(Gen.Select(RuleGen.Size.Array[3], Gen.Int[2, 5]), (t, p) => t.Node("Resize", [
            t.Real(p.Item1), Value.None, Value.None, t.G.Ints(p.Item2)], 1, "", Attribute("mode", "nearest"), Attribute("axes", (long[])[-1])));
        cases["ReverseSequence"] = RuleGen.Cases(Gen.Select(RuleGen.Size.Array[3], Gen.Bool), (t, p) =>
        {
            int time = p.Item2 ? 0 : 1, length = p.Item1[time], batch = p.Item1[1 - time];
            Value lengths = t.Feed("lengths", DoubleTensor.Wholes([batch], [.. Enumerable.Range(0, batch).Select(_ => (long)t.Random.NextInt32(length) + 1)]));
            t.Node("ReverseSequence", [t.Real(p.Item1), lengths], 1, "", Attribute("time_axis", (long)time), Attribute("batch_axis", (long)(1 - time)));
        });
        cases["Compress"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from flat in Gen.Bool select (shape, axis, flat),
            (t, p) => t.Node("Compress", [t.Real(p.shape), t.Flags([p.flat ? DoubleTensor.Count(p.shape) : p.shape[p.axis < 0 ? p.axis + p.shape.Length : p.axis]])], 1, "",
                p.flat ? [] : [Attribute("axis", (long)p.axis)]));
        cases["BatchNormalization"] = RuleGen.Cases(RuleGen.Size.Array[2, 4], (t, s) =>
        {
            int[] channels = [s[1]];
            t.Node("BatchNormalization", [t.Real(s), t.Real(channels), t.Real(channels), t.Fixed(channels), t.Fixed(channels, Draw.Positive)], 1, "", Attribute("epsilon", 0.1f));
        });
        cases["InstanceNormalization"] = RuleGen.Cases(RuleGen.Size.Array[3, 4], (t, s) =>
            t.Node("InstanceNormalization", [t.Real(s), t.Real([s[1]]), t.Real([s[1]])], 1, "", Attribute("epsilon", 0.1f)));
        cases["GroupNormalization"] = RuleGen.Cases(Gen.Select(RuleGen.Size.Array[3], Gen.Int[1, 3], Gen.Bool), (t, p) =>
        {
            (int groups, int channels) = (p.Item2, p.Item2 * p.Item1[1]);
            t.Opset = p.Item3 ? 21 : 18;
            int[] scale = [p.Item3 ? channels : groups];
            t.Node("GroupNormalization", [t.Real([p.Item1[0], channels, p.Item1[2]]), t.Real(scale, dynamic: false), t.Real(scale, dynamic: false)], 1, "", Attribute("num_groups", (long)groups), Attribute("epsilon", 0.1f));
        });
        cases["MeanVarianceNormalization"] = RuleGen.Cases(Gen.Select(RuleGen.Size.Array[4], Gen.Bool), (t, p) =>
            t.Node("MeanVarianceNormalization", [t.Real([p.Item1[0] + 1, p.Item1[1], p.Item1[2] + 1, p.Item1[3]])], 1, "", p.Item2 ? [Attribute("axes", (long[])[0, 2])] : []));
        cases["LpNormalization"] = RuleGen.Cases(
            from shape in RuleGen.Shape(1, 3) from axis in RuleGen.Axis(shape.Length) from p in Gen.Long[1, 2] select (shape, axis, p),
            (t, p) => t.Node("LpNormalization", [t.Real(p.shape, Draw.NonZero)], 1, "", Attribute("axis", (long)p.axis), Attribute("p", p.p)));
        cases["ConvTranspose"] = Transposed(1);
        cases["ConvTranspose/2d"] = Transposed(2);
    }

    private static Gen<Func<RuleCase>> Pools(string op, int spatial) => RuleGen.Cases(
        from sizes in Gen.Int[4, 6].Array[spatial]
        from kernel in Gen.Long[1, 3].Array[spatial]
        from strides in Gen.Long[1, 3].Array[spatial]
        from pad in Gen.Long[0, 1]
        from counted in Gen.Bool
        select (sizes, kernel, strides, pad, counted),
        (t, p) =>
        {
            long[] pads = [.. p.kernel.Concat(p.kernel).Select(k => k > 1 ? p.pad : 0)];
            List<AttributeProto> attributes = [Attribute("kernel_shape", p.kernel), Attribute("strides", p.strides), Attribute("pads", pads)];
            if (op == "AveragePool") attributes.Add(Attribute("count_include_pad", p.counted ? 1 : 0));
            t.Node(op, [t.Real([2, 2, .. p.sizes], Draw.Spaced)], 1, "", [.. attributes]);
        });

    private static Gen<Func<RuleCase>> Transposed(int spatial) => RuleGen.Cases(
        from groups in Gen.Int[1, 2]
        from channels in Gen.Int[1, 2].Array[2]
        from sizes in Gen.Int[2, 3].Array[spatial]
        from kernel in Gen.Int[2, 3].Array[spatial]
        from strides in Gen.Long[1, 3].Array[spatial]
        from dilations in Gen.Long[1, 2].Array[spatial]
        from pads in Gen.Long[0, 1].Array[2 * spatial]
        from more in Gen.Bool
        from biased in Gen.Bool
        select (groups, channels, sizes, kernel, strides, dilations, pads, more, biased),
        (t, p) =>
        {
            Value x = t.Real([2, p.groups * p.channels[0], .. p.sizes]), w = t.Real([p.groups * p.channels[0], p.channels[1], .. p.kernel], dynamic: false);
            t.Node("ConvTranspose", p.biased ? [x, w, t.Real([p.groups * p.channels[1]])] : [x, w], 1, "", Attribute("group", (long)p.groups), Attribute("strides", p.strides),
                Attribute("dilations", p.dilations), Attribute("pads", p.pads), Attribute("output_padding", [.. p.strides.Select(s => p.more ? s - 1 : 0)]));
        });
}
