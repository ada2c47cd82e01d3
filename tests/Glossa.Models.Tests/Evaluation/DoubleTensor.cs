using System.Runtime.InteropServices;
using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

/// <summary>A tensor whose elements are doubles, whatever its ONNX type: integers exactly, booleans as 0 and 1, float32 without rounding.</summary>
public sealed record DoubleTensor(DataType Type, int[] Shape, double[] Data)
{
    public int Rank => Shape.Length;

    public bool IsFloating => Type is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16;

    public static DoubleTensor Reals(int[] shape, params double[] data) => new(DataType.Float, shape, Checked(shape, data));

    public static DoubleTensor Wholes(int[] shape, params long[] data) => new(DataType.Int64, shape, Checked(shape, Array.ConvertAll(data, v => (double)v)));

    public static DoubleTensor Flags(int[] shape, params bool[] data) => new(DataType.Bool, shape, Checked(shape, Array.ConvertAll(data, v => v ? 1.0 : 0.0)));

    public static DoubleTensor Of(DataType type, int[] shape) => new(type, shape, new double[Count(shape)]);

    public static int Count(ReadOnlySpan<int> shape)
    {
        int count = 1;
        foreach (int dimension in shape) count *= dimension;
        return count;
    }

    public int[] Strides
    {
        get
        {
            int[] strides = new int[Rank];
            for (int i = Rank - 1, stride = 1; i >= 0; stride *= Shape[i--]) strides[i] = stride;
            return strides;
        }
    }

    /// <summary>The elements as whole numbers; the largest int64 values, which doubles round up, come back as they were.</summary>
    public long[] Longs => Array.ConvertAll(Data, v => v >= long.MaxValue ? long.MaxValue : v <= long.MinValue ? long.MinValue : (long)v);

    public DoubleTensor Map(Func<double, double> f) => this with { Data = Array.ConvertAll(Data, v => f(v)) };

    public DoubleTensor Reshaped(int[] shape) => this with { Shape = shape, Data = Checked(shape, Data) };

    public static DoubleTensor FromProto(TensorProto tensor)
    {
        int[] shape = [.. tensor.Dims.Select(d => (int)d)];
        DataType type = (DataType)tensor.DataType;
        ReadOnlySpan<byte> raw = tensor.RawData.Span;
        double[] data = type switch
        {
            DataType.Float => Array.ConvertAll(OnnxFactory.Floats(tensor), v => (double)v),
            DataType.Int64 or DataType.Int32 => Array.ConvertAll(OnnxFactory.Integers(tensor), v => (double)v),
            DataType.Bool => raw.Length > 0 ? Array.ConvertAll(raw.ToArray(), v => (double)v) : [.. tensor.Int32Data.Select(v => (double)v)],
            DataType.Uint8 or DataType.Int8 => Array.ConvertAll(raw.ToArray(), v => type == DataType.Int8 ? (double)(sbyte)v : v),
            DataType.Double => raw.Length > 0 ? MemoryMarshal.Cast<byte, double>(raw).ToArray() : [.. tensor.DoubleData],
            _ => throw new NotSupportedException($"tensor '{tensor.Name}' of type {type}"),
        };
        return new DoubleTensor(type, shape, Checked(shape, data));
    }

    private static double[] Checked(int[] shape, double[] data) =>
        data.Length == Count(shape) ? data : throw new InvalidOperationException($"{data.Length} elements for the shape [{string.Join(", ", shape)}]");
}
