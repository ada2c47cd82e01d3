using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;

namespace Glossa.Models.Onnx;

/// <summary>Short constructors for the ONNX protobuf messages.</summary>
public static class OnnxFactory
{
    /// <summary>An integer attribute.</summary>
    public static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>A float attribute.</summary>
    public static AttributeProto Attribute(string name, float value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    /// <summary>A string attribute.</summary>
    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFrom(value, Encoding.UTF8) };

    /// <summary>An attribute of several integers.</summary>
    public static AttributeProto Attribute(string name, params ReadOnlySpan<long> values)
    {
        AttributeProto attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        foreach (long value in values) attribute.Ints.Add(value);
        return attribute;
    }

    /// <summary>A tensor attribute.</summary>
    public static AttributeProto Attribute(string name, TensorProto value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Tensor, T = value };

    /// <summary>A float32 tensor with its data inside.</summary>
    public static TensorProto Tensor(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> data) =>
        Raw(name, TensorProto.Types.DataType.Float, shape, MemoryMarshal.AsBytes(data));

    /// <summary>An int64 tensor with its data inside.</summary>
    public static TensorProto Tensor(string name, ReadOnlySpan<long> shape, ReadOnlySpan<long> data) =>
        Raw(name, TensorProto.Types.DataType.Int64, shape, MemoryMarshal.AsBytes(data));

    /// <summary>A tensor of any element type from its little-endian bytes.</summary>
    public static TensorProto Raw(string name, TensorProto.Types.DataType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> bytes)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("ONNX tensors are little-endian");
        TensorProto tensor = new() { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (long dimension in shape) tensor.Dims.Add(dimension);
        return tensor;
    }

    /// <summary>Declares a graph input or output; a dimension is a number or the name of a dynamic axis.</summary>
    public static ValueInfoProto ValueInfo(string name, TensorProto.Types.DataType type, params ReadOnlySpan<object> shape)
    {
        TensorShapeProto dims = new();
        foreach (object dimension in shape)
        {
            dims.Dim.Add(dimension switch
            {
                string symbol => new TensorShapeProto.Types.Dimension { DimParam = symbol },
                int value => new TensorShapeProto.Types.Dimension { DimValue = value },
                long value => new TensorShapeProto.Types.Dimension { DimValue = value },
                _ => throw new ArgumentException($"a dimension is a number or a name, not {dimension}", nameof(shape)),
            });
        }
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims } },
        };
    }

    /// <summary>The float32 elements of a tensor, whichever field holds them.</summary>
    /// <exception cref="InputException">The tensor is not float32 or its data do not fill its shape.</exception>
    public static float[] Floats(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.DataType != (int)TensorProto.Types.DataType.Float)
            throw new InputException($"tensor '{tensor.Name}' has element type {tensor.DataType}, expected float32");
        long count = ElementCount(tensor);
        if (tensor.FloatData.Count > 0)
        {
            if (tensor.FloatData.Count != count) throw WrongSize(tensor);
            return [.. tensor.FloatData];
        }
        if (tensor.RawData.Length != count * sizeof(float)) throw WrongSize(tensor);
        return MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();
    }

    /// <summary>The int64 or int32 elements of a tensor.</summary>
    /// <exception cref="InputException">The tensor holds no integers or its data do not fill its shape.</exception>
    public static long[] Integers(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        long count = ElementCount(tensor);
        long[] values;
        switch ((TensorProto.Types.DataType)tensor.DataType)
        {
            case TensorProto.Types.DataType.Int64:
                values = tensor.Int64Data.Count > 0 ? [.. tensor.Int64Data] : MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray();
                break;
            case TensorProto.Types.DataType.Int32:
                values = tensor.Int32Data.Count > 0
                    ? [.. tensor.Int32Data.Select(v => (long)v)]
                    : [.. MemoryMarshal.Cast<byte, int>(tensor.RawData.Span).ToArray().Select(v => (long)v)];
                break;
            default:
                throw new InputException($"tensor '{tensor.Name}' has element type {tensor.DataType}, expected int64 or int32");
        }
        return values.Length == count ? values : throw WrongSize(tensor);
    }

    /// <summary>Number of elements that a tensor's shape claims.</summary>
    /// <exception cref="InputException">A dimension is negative or the product overflows.</exception>
    public static long ElementCount(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        try
        {
            long count = 1;
            foreach (long dimension in tensor.Dims)
                count = dimension < 0 ? throw new OverflowException() : checked(count * dimension);
            return count;
        }
        catch (OverflowException e)
        {
            throw new InputException($"tensor '{tensor.Name}' claims the shape [{string.Join(", ", tensor.Dims)}]", fix: "the file is damaged", inner: e);
        }
    }

    private static InputException WrongSize(TensorProto tensor) =>
        new($"tensor '{tensor.Name}' holds fewer or more data than its shape [{string.Join(", ", tensor.Dims)}] claims", fix: "the file is damaged");
}
