using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Dimension = Glossa.Models.Onnx.TensorShapeProto.Types.Dimension;

namespace Glossa.Training.Verification;

/// <summary>Holds what is fed to a step against what its inputs declare, so that a wrong shape is a sentence and not a failure inside some node.</summary>
public static class FeedCheck
{
    /// <summary>Checks names and ranks of all feeds, fixed sizes, and that labels or targets fit the forward graph's own inputs.</summary>
    /// <exception cref="InputException">One is missing or has a wrong shape.</exception>
    public static void Require(StepModel step, IReadOnlyCollection<FeedTensor> feeds)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(feeds);
        HashSet<string> filled = [.. step.Parameters.SelectMany(parameter => (string[])[parameter.Name, StepModel.Accumulator(parameter.Name)])];
        Dictionary<string, (long Size, string Input)> sizes = [];
        foreach (ValueInfoProto input in step.Model.Graph.Input.Where(input => !filled.Contains(input.Name)))
        {
            FeedTensor feed = feeds.FirstOrDefault(feed => feed.Name == input.Name)
                ?? throw new InputException($"nothing is given for the step's input '{input.Name}'", fix: "give a tensor of that name");
            if (input.Type.TensorType.Shape is not { } shape) continue;
            bool compared = input.Name is StepModel.Labels or StepModel.Target;
            if (shape.Dim.Count != feed.Shape.Length) throw Wrong(feed, shape, null);
            for (int axis = 0; axis < shape.Dim.Count; axis++)
            {
                Dimension dimension = shape.Dim[axis];
                if (dimension.ValueCase == Dimension.ValueOneofCase.DimValue && dimension.DimValue != feed.Shape[axis]) throw Wrong(feed, shape, null);
                if (dimension.ValueCase != Dimension.ValueOneofCase.DimParam || dimension.DimParam.Length == 0) continue;
                // Exporters call axes alike that differ, so only what the step itself declares is held to the names.
                if (!sizes.TryAdd(dimension.DimParam, (feed.Shape[axis], input.Name)) && compared && sizes[dimension.DimParam] is var known && known.Size != feed.Shape[axis])
                    throw Wrong(feed, shape, $"{dimension.DimParam} is {known.Size} in '{known.Input}'");
            }
        }
    }

    private static InputException Wrong(FeedTensor feed, TensorShapeProto shape, string? why)
    {
        string declared = string.Join(", ", shape.Dim.Select(dimension => dimension.ValueCase == Dimension.ValueOneofCase.DimValue
            ? dimension.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture) : dimension.DimParam));
        return new InputException($"'{feed.Name}' has the shape [{string.Join(", ", feed.Shape)}], the step takes [{declared}]" + (why is null ? "" : $", and {why}"),
            fix: $"give '{feed.Name}' in that shape");
    }
}
