using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Engines;

/// <summary>The runtime's names of element types.</summary>
internal static class ElementTypes
{
    /// <summary>The name of a .NET type.</summary>
    public static TensorElementType Of<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Int64 => TensorElementType.Int64,
        TypeCode.Int32 => TensorElementType.Int32,
        TypeCode.Boolean => TensorElementType.Bool,
        TypeCode.Single => TensorElementType.Float,
        _ => throw new ArgumentException($"no input has elements of type {typeof(T)}", nameof(T)),
    };

    /// <summary>Bytes of one element.</summary>
    public static long BytesOf(TensorElementType type) => type switch
    {
        TensorElementType.Int64 or TensorElementType.Double => 8,
        TensorElementType.Int32 or TensorElementType.Float => 4,
        TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        TensorElementType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no tensor of an engine has such elements"),
    };
}
