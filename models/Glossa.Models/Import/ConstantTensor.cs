using System.Runtime.InteropServices;
using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>
/// A constant while a graph is folded. Floats are held in float64 and rounded to their type after each operation: for sums, products, quotients and roots
/// that gives the very float32 that float32 arithmetic gives.
/// </summary>
/// <param name="Type">float32, float64, or an integer or boolean type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Reals">The elements of a float type.</param>
/// <param name="Wholes">The elements of an integer or boolean type.</param>
internal sealed record ConstantTensor(DataType Type, int[] Shape, double[] Reals, long[] Wholes)
{
    /// <summary>True for float32 and float64.</summary>
    internal bool IsReal => Type is DataType.Float or DataType.Double;

    /// <summary>Number of elements.</summary>
    internal int Count => IsReal ? Reals.Length : Wholes.Length;

    /// <summary>Reads a tensor of a type that folding handles, otherwise null.</summary>
    internal static ConstantTensor? From(TensorProto tensor)
    {
        DataType type = (DataType)tensor.DataType;
        if (tensor.Dims.Any(d => d > int.MaxValue)) return null;
        int[] shape = [.. tensor.Dims.Select(d => (int)d)];
        return type switch
        {
            DataType.Float => new(type, shape, Array.ConvertAll(TensorData.Floats(tensor), v => (double)v), []),
            DataType.Double => new(type, shape, MemoryMarshal.Cast<byte, double>(TensorData.Bytes(tensor)).ToArray(), []),
            DataType.Int64 or DataType.Int32 or DataType.Bool => new(type, shape, [], TensorData.Integers(tensor)),
            _ => null,
        };
    }

    /// <summary>A tensor of floats, rounded to the type.</summary>
    internal static ConstantTensor OfReals(DataType type, int[] shape, double[] values) =>
        new(type, shape, type == DataType.Float ? Array.ConvertAll(values, v => (double)(float)v) : values, []);

    /// <summary>A tensor of integers or booleans, wrapped to the type.</summary>
    internal static ConstantTensor OfWholes(DataType type, int[] shape, long[] values) =>
        new(type, shape, [], type == DataType.Int32 ? Array.ConvertAll(values, v => (long)unchecked((int)v)) : values);

    /// <summary>The elements at the given places, under another shape.</summary>
    internal ConstantTensor Pick(int[] shape, ReadOnlySpan<int> places)
    {
        double[] reals = IsReal ? new double[places.Length] : [];
        long[] wholes = IsReal ? [] : new long[places.Length];
        for (int i = 0; i < places.Length; i++)
        {
            if (IsReal) reals[i] = Reals[places[i]];
            else wholes[i] = Wholes[places[i]];
        }
        return new(Type, shape, reals, wholes);
    }

    /// <summary>The tensor as an initializer.</summary>
    internal TensorProto ToProto(string name)
    {
        long[] dims = Array.ConvertAll(Shape, d => (long)d);
        return Type switch
        {
            DataType.Float => OnnxFactory.Tensor(name, dims, Array.ConvertAll(Reals, v => (float)v)),
            DataType.Double => OnnxFactory.Raw(name, Type, dims, MemoryMarshal.AsBytes<double>(Reals)),
            DataType.Int64 => OnnxFactory.Tensor(name, dims, Wholes),
            DataType.Int32 => OnnxFactory.Raw(name, Type, dims, MemoryMarshal.AsBytes<int>(Array.ConvertAll(Wholes, v => (int)v))),
            _ => OnnxFactory.Raw(name, DataType.Bool, dims, Array.ConvertAll(Wholes, v => (byte)v)),
        };
    }
}
