using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines.Cuda;

/// <summary>The host as a device: what a GPU would do, by the CPU's kernels in the host's memory. For checking; <see cref="CpuEngine"/> is the fast one.</summary>
/// <param name="threads">Threads inside the runtime's operators.</param>
public class CpuDevice(int threads = 1) : ComputeDevice
{
    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override bool MultipliesHalves => false;

    /// <inheritdoc/>
    public override bool RecordsLaunches => false;

    internal override DeviceMemory Allocate(long bytes)
    {
        FloatBuffer buffer = new(checked((int)((bytes + sizeof(float) - 1) / sizeof(float))));
        return new DeviceMemory(buffer.Address, bytes, OrtMemoryInfo.DefaultInstance, buffer);
    }

    /// <inheritdoc/>
    protected override SessionOptions Options(bool recorded) => new() { IntraOpNumThreads = threads, InterOpNumThreads = 1, EnableMemoryPattern = false };
}
