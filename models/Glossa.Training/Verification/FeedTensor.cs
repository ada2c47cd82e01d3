using Glossa.Training.Engines;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Verification;

/// <summary>A tensor that is fed to a graph.</summary>
/// <param name="Name">Name of the graph's input.</param>
/// <param name="Type">Its element type, as the graph declares it.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Data">float[] or long[] (integers and booleans), row by row.</param>
public sealed record FeedTensor(string Name, DataType Type, long[] Shape, Array Data)
{
    /// <summary>The tensor as an input of a micro-batch, in the element type that the graph declares.</summary>
    /// <exception cref="InputException">Its element type is none that is fed.</exception>
    public BatchInput ToInput() => (Type, Data) switch
    {
        (DataType.Float, float[] data) => BatchInput.Of(Name, data, Shape),
        (DataType.Int64, long[] data) => BatchInput.Of(Name, data, Shape),
        (DataType.Int32, long[] data) => BatchInput.Of(Name, Array.ConvertAll(data, value => checked((int)value)), Shape),
        (DataType.Bool, long[] data) => BatchInput.Of(Name, Array.ConvertAll(data, value => value != 0), Shape),
        _ => throw new InputException($"the graph's input '{Name}' has the element type {Type}, which cannot be fed", fix: "export the model with int64, int32, bool or float inputs"),
    };

    /// <summary>The part of the tensor that keeps <paramref name="sizes"/> elements of each axis, from the front or the back.</summary>
    public FeedTensor Cut(long[] sizes, bool fromBack)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        Array cut = Array.CreateInstance(Data.GetType().GetElementType()!, sizes.Aggregate(1L, (a, b) => a * b));
        long[] at = new long[sizes.Length];
        for (int i = 0; i < cut.Length; i++)
        {
            long source = 0;
            for (int axis = 0; axis < sizes.Length; axis++) source = (source * Shape[axis]) + at[axis] + (fromBack && axis > 0 ? Shape[axis] - sizes[axis] : 0);
            cut.SetValue(Data.GetValue(source), i);
            for (int axis = sizes.Length - 1; axis >= 0 && ++at[axis] == sizes[axis]; axis--) at[axis] = 0;
        }
        return this with { Shape = sizes, Data = cut };
    }
}
