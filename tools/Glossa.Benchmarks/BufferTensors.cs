using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Benchmarks;

/// <summary>A buffer as the runtime reads and writes it in place.</summary>
internal static class BufferTensors
{
    public static OrtValue Tensor(this FloatBuffer buffer, long[] shape) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, buffer.Address, (long)buffer.Length * sizeof(float));
}
