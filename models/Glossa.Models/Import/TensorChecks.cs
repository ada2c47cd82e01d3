using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Whether a tensor holds what its shape and type claim.</summary>
internal static class TensorChecks
{
    /// <summary>Checks type, shape and amount of data.</summary>
    /// <exception cref="InputException">They contradict each other.</exception>
    internal static void Check(TensorProto tensor, string where, string? file)
    {
        long bytes = ByteCount(tensor, where, file);
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
            throw Damaged($"{where} keeps its data in another file, which was not read", file);
        if (tensor.Segment is not null) throw Damaged($"{where} holds a segment of a tensor, which is not supported", file);
        long count = OnnxFactory.ElementCount(tensor);
        if (tensor.RawData.Length > 0)
        {
            if ((DataType)tensor.DataType == DataType.String || tensor.RawData.Length != bytes)
                throw WrongSize(tensor, where, $"{tensor.RawData.Length} bytes", $"{bytes}", file);
            return;
        }
        (long held, long needed) = Held(tensor, count, bytes);
        if (held == needed) return;
        throw held == 0
            ? Damaged($"{where} has the shape [{string.Join(", ", tensor.Dims)}] and no data", file)
            : WrongSize(tensor, where, $"{held} elements", $"{needed}", file);
    }

    /// <summary>The bytes that the tensor's data take in <c>raw_data</c>; 0 for text.</summary>
    /// <exception cref="InputException">The type is unknown, a dimension is negative, or the product overflows.</exception>
    internal static long ByteCount(TensorProto tensor, string where, string? file)
    {
        DataType type = (DataType)tensor.DataType;
        if (ElementTypes.Bits(type) < 0) throw Damaged($"{where} has the unknown element type {tensor.DataType}", file);
        try
        {
            long count = 1;
            foreach (long dimension in tensor.Dims) count = dimension < 0 ? throw new OverflowException() : checked(count * dimension);
            return ElementTypes.Bytes(type, count);
        }
        catch (OverflowException e)
        {
            throw new InputException($"{where} claims the shape [{string.Join(", ", tensor.Dims)}]", file, "the file is damaged: export or download it again", e);
        }
    }

    /// <summary>Entries of the field that belongs to the element type, and how many there should be.</summary>
    private static (long Held, long Needed) Held(TensorProto tensor, long count, long bytes)
    {
        DataType type = (DataType)tensor.DataType;
        return type switch
        {
            DataType.Float => (tensor.FloatData.Count, count),
            DataType.Complex64 => (tensor.FloatData.Count, 2 * count),
            DataType.Double => (tensor.DoubleData.Count, count),
            DataType.Complex128 => (tensor.DoubleData.Count, 2 * count),
            DataType.Int64 => (tensor.Int64Data.Count, count),
            DataType.Uint32 or DataType.Uint64 => (tensor.Uint64Data.Count, count),
            DataType.String => (tensor.StringData.Count, count),
            _ => (tensor.Int32Data.Count, ElementTypes.Bits(type) < 8 ? bytes : count),
        };
    }

    private static InputException WrongSize(TensorProto tensor, string where, string held, string needed, string? file) =>
        Damaged($"{where} holds {held}, but its shape [{string.Join(", ", tensor.Dims)}] needs {needed}", file);

    private static InputException Damaged(string what, string? file) => new(what, file, "the file is damaged or cut short: export or download it again");
}
