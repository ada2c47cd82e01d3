namespace Glossa.Training.Engines.Cuda;

/// <summary>State that is kept twice: graphs read one copy and write the other, then they change places.</summary>
internal sealed class DevicePair(ComputeDevice device, int floats) : IDisposable
{
    private readonly DeviceMemory[] _copies = [device.AllocateZeros(floats), device.AllocateZeros(floats)];

    /// <summary>Number of floats of each copy.</summary>
    public int Length => floats;

    /// <summary>One of them.</summary>
    public DeviceMemory this[int copy] => _copies[copy];

    public void Dispose()
    {
        foreach (DeviceMemory copy in _copies) copy.Dispose();
    }
}
