using static Glossa.Training.Kernels.RuntimeApi;

namespace Glossa.Training.Kernels;

/// <summary>A tensor of a running step.</summary>
internal readonly unsafe struct KernelTensor(float* data, long[] shape)
{
    /// <summary>The first element, of a float32 tensor.</summary>
    public float* Data { get; } = data;

    /// <summary>The first element of an int64 tensor.</summary>
    public long* Integers => (long*)Data;

    /// <summary>Dimensions, outermost first.</summary>
    public long[] Shape { get; } = shape;
}

/// <summary>Inputs and outputs of a node in one run.</summary>
internal readonly unsafe struct KernelContext(nint context)
{
    /// <summary>Number of inputs.</summary>
    public int InputCount
    {
        get
        {
            nuint count;
            Check(((delegate* unmanaged<nint, nuint*, nint>)Function(Entry.KernelContext_GetInputCount))(context, &count));
            return (int)count;
        }
    }

    /// <summary>An input.</summary>
    public KernelTensor Input(int index)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)Function(Entry.KernelContext_GetInput))(context, (nuint)index, &value));
        return new KernelTensor(Data(value), Shape(value));
    }

    /// <summary>Allocates an output, float32, and gives its first element.</summary>
    public float* Output(int index, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* dimensions = shape)
            Check(((delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)Function(Entry.KernelContext_GetOutput))(context, (nuint)index, dimensions, (nuint)shape.Length, &value));
        return Data(value);
    }

    private static float* Data(nint value)
    {
        float* data;
        Check(((delegate* unmanaged<nint, float**, nint>)Function(Entry.GetTensorMutableData))(value, &data));
        return data;
    }

    private static long[] Shape(nint value)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)Function(Entry.GetTensorTypeAndShape))(value, &info));
        try
        {
            nuint rank;
            Check(((delegate* unmanaged<nint, nuint*, nint>)Function(Entry.GetDimensionsCount))(info, &rank));
            long[] shape = new long[rank];
            fixed (long* dimensions = shape) Check(((delegate* unmanaged<nint, long*, nuint, nint>)Function(Entry.GetDimensions))(info, dimensions, rank));
            return shape;
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)Function(Entry.ReleaseTensorTypeAndShapeInfo))(info);
        }
    }
}
