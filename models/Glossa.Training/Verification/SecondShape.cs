using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Dimension = Glossa.Models.Onnx.TensorShapeProto.Types.Dimension;

namespace Glossa.Training.Verification;

/// <summary>Smaller feeds made from given ones: fewer rows and fewer positions, wherever the graph leaves an axis dynamic.</summary>
internal static class SecondShape
{
    private static readonly string[] Ids = ["decoder_input_ids", "input_ids", "inputs_embeds"];

    /// <summary>The smaller feeds, or null where no axis is dynamic and longer than one.</summary>
    public static IReadOnlyList<FeedTensor>? Of(GraphProto step, IReadOnlyList<FeedTensor> feeds, bool paddedLeft, int batchUnit)
    {
        Dictionary<string, ValueInfoProto> declared = step.Input.ToDictionary(input => input.Name);
        FeedTensor? ids = Ids.Select(name => feeds.FirstOrDefault(feed => feed.Name == name)).FirstOrDefault(feed => feed is not null) ?? (feeds.Count > 0 ? feeds[0] : null);
        if (ids is null) return null;
        bool changed = false;
        FeedTensor[] cut = [.. feeds.Select(feed =>
        {
            // An encoder's inputs have a length of their own.
            long length = feed.Name.StartsWith("decoder", StringComparison.Ordinal) || feed.Name is StepModel.Labels or StepModel.Target || feeds.All(f => f.Name != "decoder_input_ids")
                ? Length(ids) : Length(feeds.FirstOrDefault(f => f.Name == "input_ids") ?? ids);
            long[] sizes = [.. feed.Shape.Select((size, axis) => IsDynamic(declared[feed.Name], axis) ? Shorter(feed, axis, size, length, batchUnit) : size)];
            changed |= !sizes.AsSpan().SequenceEqual(feed.Shape);
            return feed.Cut(sizes, paddedLeft);
        })];
        return changed ? cut : null;
    }

    private static long Length(FeedTensor ids) => ids.Shape.Length > 1 ? ids.Shape[1] : 1;

    // Positions: every axis as long as the sequence, and a mask that also covers what came before it.
    private static long Shorter(FeedTensor feed, int axis, long size, long length, int batchUnit)
    {
        if (axis == 0) return size > batchUnit ? size - batchUnit : size;
        // Floats beside the target are states of other lengths (a cache of keys and values).
        bool positions = (feed.Data is long[] || feed.Name == StepModel.Target) && length > 2 && (size == length || (size > length && feed.Name.Contains("mask", StringComparison.Ordinal)));
        return positions ? size - 2 : size;
    }

    private static bool IsDynamic(ValueInfoProto input, int axis) =>
        input.Type.TensorType.Shape is not { } shape || shape.Dim[axis].ValueCase != Dimension.ValueOneofCase.DimValue;
}
