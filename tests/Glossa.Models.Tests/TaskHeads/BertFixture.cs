using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Quantization;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Models.Tests.TaskHeads;

/// <summary>The tiny BERT models of the fixtures and a batch of two rows, one of them padded.</summary>
internal static class BertFixture
{
    public const int Rows = 2, Length = 6, Hidden = 16;
    private static readonly long[] Ids = [2, 120, 340, 560, 3, 0, 2, 99, 1500, 2300, 3999, 3];
    private static readonly long[] Mask = [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1];

    public static ReadOnlySpan<long> AttentionMask => Mask;

    public static ModelProto Read(string folder) => OnnxFile.Read(Runtime.FixtureFile(folder));

    public static float[] Run(ModelProto model, string output)
    {
        using OrtValue ids = Runtime.Of(Ids, Rows, Length), mask = Runtime.Of(Mask, Rows, Length), types = Runtime.Of(new long[Ids.Length], Rows, Length);
        return Runtime.Run(model, output, [("input_ids", ids), ("attention_mask", mask), ("token_type_ids", types)]);
    }
}
