using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Architectures.Blocks;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Architectures;

internal static class VisionModels
{
    internal static void AddTo(Dictionary<string, Action<Blocks>> graphs)
    {
        graphs["ViT"] = b =>
        {
            GraphBuilder g = b.G;
            Value patches = Patches(b), tokens = g.Transpose(g.Reshape(patches, g.Concat([g.Op("Slice", [g.Shape(patches), g.Ints(0), g.Ints(2)]), g.Ints(-1)], 0)), [0, 2, 1]);
            Value classes = g.Op("Expand", [b.W(1, 1, Width), g.Concat([g.Gather(g.Shape(tokens), g.Ints(0)), g.Ints(1, Width)], 0)]);
            // The table of a 3 x 3 grid of positions, resized to the image's 2 x 2.
            Value table = b.W(1, 10, Width), grid = g.Transpose(g.Reshape(b.Slice(table, 1, long.MaxValue, 1), [1, 3, 3, Width]), [0, 3, 1, 2]);
            Value sizes = g.Concat([g.Op("Slice", [g.Shape(grid), g.Ints(0), g.Ints(2)]), g.Op("Slice", [g.Shape(patches), g.Ints(2), g.Ints(4)])], 0);
            Value resized = g.Op("Resize", [grid, Value.None, Value.None, sizes], null, "", Attribute("mode", "linear"), Attribute("coordinate_transformation_mode", "pytorch_half_pixel"));
            Value positions = g.Concat([b.Slice(table, 0, 1, 1), g.Reshape(g.Transpose(resized, [0, 2, 3, 1]), [1, -1, Width])], 1);
            Value x = g.Add(g.Concat([classes, tokens], 1), positions), normalized = b.LayerNorm(x);
            // Query, key and value by one product, taken apart along the first axis.
            Value qkv = g.Transpose(g.Reshape(b.Linear(normalized, Width, 3 * Width), [0, 0, 3, HeadCount, Size]), [2, 0, 3, 1, 4]);
            Value Part(long i) => g.Gather(qkv, g.Constant(i));
            x = g.Add(x, b.Linear(b.Merge(b.Attend(Part(0), Part(1), Part(2))), Width, Width));
            b.Out(b.Linear(g.Gather(b.LayerNorm(x), g.Constant(0L), 1), Width, 3));
        };
        graphs["Swin"] = Shifted;
        graphs["LeViT"] = b =>
        {
            GraphBuilder g = b.G;
            Value statistics = b.Reals([Width], 0.1, -0.2, 0.3, 0.4);
            Value x = g.Op("BatchNormalization", [Patches(b), b.W(Width), b.W(Width), statistics, b.Reals([Width], 0.5, 1, 1.5, 2)], null, "", Attribute("epsilon", 0.001f));
            x = g.Op("HardSwish", [x]);
            Value pooled = g.Op("AveragePool", [x], null, "", Attribute("kernel_shape", (long[])[2, 2]));
            b.Out(b.Linear(g.Op("Flatten", [g.Op("Add", [pooled, g.Op("GlobalAveragePool", [x])])], null, "", Attribute("axis", 1L)), Width, 3));
        };
        graphs["CLIP"] = b =>
        {
            GraphBuilder g = b.G;
            // The text's vector stands at its largest id.
            Value ids = b.Ids(), text = b.SelfAttention(g.Gather(b.W(Words, Width), ids));
            Value last = g.Op("ArgMax", [ids], null, "", Attribute("axis", -1L), Attribute("keepdims", 0L));
            Value rows = b.Positions(ids, 0), pooled = g.Op("GatherND", [text, g.Concat([g.Unsqueeze(rows, [1]), g.Unsqueeze(last, [1])], 1)]);
            Value image = b.Linear(g.Op("Flatten", [Patches(b)]), 4 * Width, Width, false);
            Value Unit(Value t) => g.Div(t, g.Op("ReduceL2", [t], null, "", Attribute("axes", (long[])[-1]), Attribute("keepdims", 1L)));
            Value logits = g.Mul(g.MatMul(Unit(pooled), g.Transpose(Unit(image), [1, 0])), g.Op("Exp", [b.W()]));
            b.Out(logits, g.Transpose(logits, [1, 0]));
        };
        graphs["ConvNeXt"] = b =>
        {
            GraphBuilder g = b.G;
            Value x = Patches(b), depthwise = g.Op("Conv", [x, b.W(Width, 1, 3, 3), b.W(Width)], null, "", Attribute("group", (long)Width), Attribute("pads", (long[])[1, 1, 1, 1]));
            Value inner = b.LayerNorm(g.Transpose(depthwise, [0, 2, 3, 1])), scaled = g.Mul(b.W(Width), b.FeedForward(inner, b.Gelu));
            b.Out(g.Op("ReduceMean", [g.Add(x, g.Transpose(scaled, [0, 3, 1, 2]))], null, "", Attribute("axes", (long[])[-2, -1]), Attribute("keepdims", 0L)));
        };
    }

    /// <summary>An image of 4 x 4 in patches of 2 x 2: [batch, width, 2, 2].</summary>
    private static Value Patches(Blocks b) => b.G.Op("Conv", [b.Test.Fixed([Batch, 2, 4, 4]), b.W(Width, 2, 2, 2), b.W(Width)], null, "", Attribute("strides", (long[])[2, 2]), Attribute("kernel_shape", (long[])[2, 2]));

    /// <summary>A grid of 4 x 4 tokens rolled by one, attention in windows of 2 x 2 with a bias by relative position, rolled back.</summary>
    private static void Shifted(Blocks b)
    {
        GraphBuilder g = b.G;
        Value grid = g.Op("Conv", [b.Test.Fixed([1, 2, 4, 4]), b.W(Width, 2, 1, 1), b.W(Width)]), x = g.Transpose(grid, [0, 2, 3, 1]);
        Value Rolled(Value t, long by, long axis) => g.Concat([b.Slice(t, by, long.MaxValue, axis), b.Slice(t, 0, by, axis)], axis);
        Value rolled = Rolled(Rolled(x, 1, 1), 1, 2);
        Value windows = g.Reshape(g.Transpose(g.Reshape(rolled, [-1, 2, 2, 2, 2, Width]), [0, 1, 3, 2, 4, 5]), [-1, 4, Width]);
        long[] relative = [.. Enumerable.Range(0, 16).Select(i => (long)(((((i / 4 / 2) - (i % 4 / 2)) + 1) * 3) + (i / 4 % 2) - (i % 4 % 2) + 1))];
        Value bias = g.Unsqueeze(g.Transpose(g.Reshape(g.Gather(b.W(9, HeadCount), b.Wholes([16], relative)), [4, 4, HeadCount]), [2, 0, 1]), [0]);
        // Tokens that were not neighbours before the roll do not see each other.
        double[] regions = [0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 2, 3];
        Value mask = b.Reals([4, 1, 4, 4], [.. Enumerable.Range(0, 64).Select(i => regions[(i / 16 * 4) + (i / 4 % 4)] == regions[(i / 16 * 4) + (i % 4)] ? 0.0 : -100)]);
        Value mixed = b.SelfAttention(windows, g.Add(bias, mask));
        Value joined = g.Reshape(g.Transpose(g.Reshape(mixed, [-1, 2, 2, 2, 2, Width]), [0, 1, 3, 2, 4, 5]), [-1, 4, 4, Width]);
        Value back = Rolled(Rolled(joined, -1, 1), -1, 2);
        // Patch merging: every second row and column, side by side.
        Value Part(long row, long column) => b.Slice(b.Slice(g.Add(back, x), row, long.MaxValue, 1, 2), column, long.MaxValue, 2, 2);
        b.Out(b.Linear(b.LayerNorm(g.Concat([Part(0, 0), Part(1, 0), Part(0, 1), Part(1, 1)], -1), 4 * Width), 4 * Width, 2, false));
    }
}
