using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Engines.Cuda;

/// <summary>A stretch of a device's memory; its owner frees it.</summary>
/// <param name="Address">The first byte, an address that the device alone may read.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Info">Whose memory it is.</param>
/// <param name="Owner">What holds it.</param>
public sealed record DeviceMemory(nint Address, long Bytes, OrtMemoryInfo Info, IDisposable Owner) : IDisposable
{
    /// <summary>A tensor over the bytes from <paramref name="offset"/> on.</summary>
    internal OrtValue Tensor(TensorElementType type, long offset, params long[] shape) =>
        OrtValue.CreateTensorValueWithData(Info, type, shape, Address + (nint)offset, shape.Aggregate(ElementTypes.BytesOf(type), (size, dimension) => size * dimension));

    /// <summary>A tensor of float32 from the float <paramref name="offset"/> on.</summary>
    internal OrtValue Floats(int offset, params long[] shape) => Tensor(TensorElementType.Float, (long)offset * sizeof(float), shape);

    /// <inheritdoc/>
    public void Dispose() => Owner.Dispose();
}
