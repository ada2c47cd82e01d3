using Glossa.Models.Building;
using Glossa.Models.Tests.Evaluation;
using static Glossa.Models.Onnx.OnnxFactory;
using static Glossa.Models.Tests.Architectures.Blocks;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Architectures;

internal static class EncoderDecoders
{
    internal static void AddTo(Dictionary<string, Action<Blocks>> graphs)
    {
        graphs["BART"] = b =>
        {
            GraphBuilder g = b.G;
            Value table = b.W(Words, Width), positions = b.Reals([6, Width], [.. Enumerable.Range(0, 6 * Width).Select(i => Math.Sin(0.4 * i))]);
            Value Embedded(int length)
            {
                Value words = g.Mul(g.Gather(table, b.Ids(length)), b.C(2));
                return g.Add(words, g.Op("Slice", [positions, g.Ints(0), g.Gather(g.Shape(words), g.Ints(1)), g.Ints(0)]));
            }
            Value encoded = b.LayerNorm(b.SelfAttention(Embedded(3))), y = Embedded(Length);
            y = g.Add(y, b.SelfAttention(y, b.Causal(y)));
            Value cross = b.Merge(b.Attend(b.Split(b.Linear(y, Width, Width)), b.Split(b.Linear(encoded, Width, Width)), b.Split(b.Linear(encoded, Width, Width))));
            b.Out(g.Add(g.MatMul(b.LayerNorm(g.Add(y, cross)), g.Transpose(table, [1, 0])), b.W(1, Words)));
        };
        graphs["T5"] = b =>
        {
            GraphBuilder g = b.G;
            Value table = b.W(Words, Width), x = g.Gather(table, b.Ids());
            Value bucket = g.Op("Min", [g.Neg(g.Op("Min", [b.Distances(x), g.Constant(0L)])), g.Constant(3L)]);
            Value bias = g.Add(g.Unsqueeze(g.Transpose(g.Gather(b.W(4, HeadCount), bucket), [2, 0, 1]), [0]), b.Causal(x));
            Value normalized = b.RmsNorm(x);
            Value scores = g.Add(g.MatMul(b.Split(b.Linear(normalized, Width, Width, false)), g.Transpose(b.Split(b.Linear(normalized, Width, Width, false)), [0, 1, 3, 2])), bias);
            x = g.Add(x, b.Linear(b.Merge(g.MatMul(g.Softmax(scores), b.Split(b.Linear(normalized, Width, Width, false)))), Width, Width, false));
            x = g.Add(x, b.Linear(g.Relu(b.Linear(b.RmsNorm(x), Width, 6, false)), 6, Width, false));
            b.Out(g.MatMul(g.Mul(x, b.C(0.5f)), g.Transpose(table, [1, 0])));
        };
        graphs["Whisper"] = b =>
        {
            GraphBuilder g = b.G;
            Value features = b.Test.Fixed([Batch, 3, 2 * Length]);
            Value stem = b.Gelu(g.Op("Conv", [features, b.W(Width, 3, 3), b.W(Width)], null, "", Attribute("pads", (long[])[1, 1])));
            stem = b.Gelu(g.Op("Conv", [stem, b.W(Width, Width, 3), b.W(Width)], null, "", Attribute("pads", (long[])[1, 1]), Attribute("strides", (long[])[2])));
            Value x = g.Add(g.Transpose(stem, [0, 2, 1]), b.Reals([Length, Width], [.. Enumerable.Range(0, Length * Width).Select(i => Math.Cos(0.4 * i))]));
            // Batch and heads as one axis, as bmm wants it.
            Value y = b.Embedded(), batch = g.Gather(g.Shape(x), g.Ints(0));
            Value Head(Value t) => g.Reshape(b.Split(t), g.Concat([g.Mul(batch, g.Ints(HeadCount)), g.Ints(-1, Size)], 0));
            Value weights = g.Softmax(g.MatMul(g.Mul(Head(b.Linear(y, Width, Width)), b.C(0.7f)), g.Transpose(Head(b.Linear(x, Width, Width, false)), [0, 2, 1])));
            Value mixed = g.Reshape(g.MatMul(weights, Head(b.Linear(x, Width, Width))), g.Concat([batch, g.Ints(HeadCount, -1, Size)], 0));
            b.Out(b.Linear(b.Merge(mixed), Width, Width));
        };
        graphs["wav2vec 2.0"] = b =>
        {
            GraphBuilder g = b.G;
            Value wave = g.Unsqueeze(b.Test.Fixed([Batch, 12]), [1]);
            Value features = g.Op("Conv", [wave, b.W(Width, 1, 4)], null, "", Attribute("strides", (long[])[2]));
            // Group normalization of single channels, as exporters write it: InstanceNormalization over a reshaped value.
            Value grouped = g.Op("InstanceNormalization", [g.Reshape(features, [0, Width, -1]), b.Reals([Width], 1, 1, 1, 1), b.Reals([Width], 0, 0, 0, 0)], null, "", Attribute("epsilon", 0.1f));
            features = b.Gelu(g.Add(g.Mul(g.Reshape(grouped, g.Shape(features)), g.Unsqueeze(b.W(Width), [0, 2])), g.Unsqueeze(b.W(Width), [0, 2])));
            // The positional convolution's weight is a direction and a length for each place.
            Value direction = b.W(Width, 2, 3), norm = g.Op("ReduceL2", [direction], null, "", Attribute("axes", (long[])[0, 1]), Attribute("keepdims", 1L));
            Value weight = g.Mul(direction, g.Div(b.W(1, 1, 3), norm));
            Value positions = g.Op("Conv", [features, weight, b.W(Width)], null, "", Attribute("group", 2L), Attribute("pads", (long[])[1, 1]), Attribute("kernel_shape", (long[])[3]));
            b.Out(b.SelfAttention(g.Transpose(g.Add(features, b.Gelu(positions)), [0, 2, 1])));
        };
    }
}
