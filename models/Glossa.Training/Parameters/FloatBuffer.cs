using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Parameters;

/// <summary>
/// Floats in unmanaged memory, aligned to a cache line and zeroed at the start: the garbage collector neither moves
/// nor scans them, so ONNX Runtime can read and write them in place.
/// </summary>
public sealed unsafe class FloatBuffer : IDisposable
{
    private float* _data;

    /// <summary>Allocates <paramref name="length"/> zeroed floats.</summary>
    public FloatBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = (nuint)Math.Max(length, 1) * sizeof(float);
        _data = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(_data, bytes);
    }

    /// <summary>Number of floats.</summary>
    public int Length { get; }

    /// <summary>All floats.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public Span<float> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_data is null, this);
            return new Span<float>(_data, Length);
        }
    }

    /// <summary>Address of the first float.</summary>
    public nint Address => (nint)_data;

    /// <summary>The floats of one tensor.</summary>
    public Span<float> Slice(ParameterSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return Span.Slice(slot.Offset, slot.Length);
    }

    /// <summary>A tensor over the floats from <paramref name="offset"/> on, which ONNX Runtime reads and writes in place; it must not outlive the buffer.</summary>
    internal OrtValue Tensor(int offset, params long[] shape) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, Address + ((nint)offset * sizeof(float)), shape.Aggregate((long)sizeof(float), (size, dimension) => size * dimension));

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory of a buffer that nobody disposed.</summary>
    ~FloatBuffer() => NativeMemory.AlignedFree(_data);
}
