using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines;

/// <summary>One input of a step for one micro-batch: a tensor under the graph's name for it.</summary>
public abstract class BatchInput
{
    private protected BatchInput(string name, int elements, ReadOnlySpan<long> shape)
    {
        long claimed = 1;
        foreach (long dimension in shape) claimed = checked(claimed * dimension);
        if (claimed != elements) throw new ArgumentException($"the input '{name}' has {elements} elements, its shape [{string.Join(", ", shape.ToArray())}] {claimed}", nameof(shape));
        (Name, Shape) = (name, shape.ToArray());
    }

    /// <summary>The graph input that it fills.</summary>
    public string Name { get; }

    /// <summary>Dimensions, outermost first; a dimension may be 0, as in an empty key-value cache.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Token ids, masks, positions, labels.</summary>
    public static BatchInput Of(string name, long[] data, params ReadOnlySpan<long> shape) => new Tensor<long>(name, data, shape);

    /// <summary>Targets, empty caches.</summary>
    public static BatchInput Of(string name, float[] data, params ReadOnlySpan<long> shape) => new Tensor<float>(name, data, shape);

    /// <summary>Ids and masks of graphs that take them as int32.</summary>
    public static BatchInput Of(string name, int[] data, params ReadOnlySpan<long> shape) => new Tensor<int>(name, data, shape);

    /// <summary>Masks of graphs that take them as booleans.</summary>
    public static BatchInput Of(string name, bool[] data, params ReadOnlySpan<long> shape) => new Tensor<bool>(name, data, shape);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";

    /// <summary>The runtime's tensor over the same memory; dispose it after the run.</summary>
    public abstract OrtValue ToOrtValue();

    private sealed class Tensor<T>(string name, T[] data, ReadOnlySpan<long> shape) : BatchInput(name, data.Length, shape)
        where T : unmanaged
    {
        // ONNX Runtime refuses a null address, which an empty array may have.
        public override OrtValue ToOrtValue() => data.Length > 0
            ? OrtValue.CreateTensorValueFromMemory(data, [.. Shape])
            : OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, ElementTypes.Of<T>(), [.. Shape]);
    }
}
