using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Losses;

/// <summary>Declares what a loss compares the output with.</summary>
internal static class LabelInput
{
    /// <summary>The input of that name; a graph that was exported with such an input keeps it, so long as it fits.</summary>
    /// <exception cref="InputException">The graph has an input of that name and another type or rank.</exception>
    public static Value Declare(LossContext context, string name, DataType type, object[] axes)
    {
        if (context.G.Graph.Input.FirstOrDefault(input => input.Name == name) is not { } own) return context.G.Input(name, type, axes);
        TypeProto.Types.Tensor? declared = own.Type?.TensorType;
        bool fits = declared?.ElemType == (int)type && (declared.Shape is null
            || (declared.Shape.Dim.Count == axes.Length && declared.Shape.Dim.Zip(axes).All(pair => Fits(pair.First, pair.Second))));
        if (!fits)
        {
            throw new InputException(
                $"the graph has an input '{name}' of {(DataType)(declared?.ElemType ?? 0)} [{Describe(declared?.Shape)}], the loss needs {type} [{string.Join(", ", axes)}]",
                fix: "export the model without it, or declare it so");
        }
        return new Value(name);
    }

    private static bool Fits(TensorShapeProto.Types.Dimension declared, object axis) =>
        declared.ValueCase != TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue || axis is not long size || declared.DimValue == size;

    private static string Describe(TensorShapeProto? shape) => shape is null ? "?" : string.Join(", ", shape.Dim.Select(dimension =>
        dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? dimension.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture) : dimension.DimParam));
}
