using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Engines.Cuda;

/// <summary>A micro-batch's inputs on the device, at addresses that stay: a recorded run reads them there again.</summary>
internal sealed class BatchMemory : IDisposable
{
    // What the widest loads of GPU kernels want.
    private const int Alignment = 256;

    private readonly ComputeDevice _device;
    private readonly DeviceMemory _memory;
    private readonly Dictionary<string, (TensorElementType Type, long Elements, OrtValue Value)> _tensors = [];

    /// <param name="device">The device.</param>
    /// <param name="values">Tensors of the shapes to hold.</param>
    /// <param name="number">Number of the shapes, from 1; 0 where runs on it are not recorded.</param>
    public BatchMemory(ComputeDevice device, IReadOnlyList<(string Name, OrtValue Value)> values, int number)
    {
        _device = device;
        Number = number;
        long bytes = 0;
        List<(string Name, TensorElementType Type, long[] Shape, long Offset)> places = [];
        foreach ((string name, OrtValue value) in values)
        {
            OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
            places.Add((name, info.ElementDataType, info.Shape, bytes));
            bytes += Math.Max(1, (info.ElementCount * ElementTypes.BytesOf(info.ElementDataType) + Alignment - 1) / Alignment) * Alignment;
        }
        _memory = device.Allocate(Math.Max(bytes, Alignment));
        foreach ((string name, TensorElementType type, long[] shape, long offset) in places)
            _tensors[name] = (type, shape.Aggregate(1L, (a, b) => a * b), _memory.Tensor(type, offset, shape));
    }

    public int Number { get; }

    /// <summary>What tells shapes apart.</summary>
    public static string KeyOf(IReadOnlyList<(string Name, OrtValue Value)> values) =>
        string.Join(';', values.Select(value => $"{value.Name}[{string.Join(',', value.Value.GetTensorTypeAndShape().Shape)}]"));

    /// <summary>Copies a micro-batch of these shapes.</summary>
    public void Upload(IReadOnlyList<(string Name, OrtValue Value)> values)
    {
        foreach ((string name, OrtValue value) in values)
        {
            (TensorElementType type, long elements, OrtValue target) = _tensors[name];
            if (elements > 0) _device.Copy(type, value, target);
        }
    }

    /// <summary>Lets a run read it.</summary>
    public void BindTo(OrtIoBinding binding)
    {
        foreach ((string name, (_, _, OrtValue value)) in _tensors) binding.BindInput(name, value);
    }

    public void Dispose()
    {
        foreach ((_, _, OrtValue value) in _tensors.Values) value.Dispose();
        _memory.Dispose();
    }
}
