using Glossa.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Engines.Cuda;

/// <summary>
/// Memory and sessions of one device. The engine above it is the same for every device, so that all of it runs, and is tested, where there is no GPU.
/// </summary>
public abstract class ComputeDevice : IDisposable
{
    private const int CopiedAtOnce = 1 << 22;

    private readonly Dictionary<TensorElementType, InferenceSession> _copies = [];
    private readonly RunOptions _run = new();

    /// <summary>What a user calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether its kernels multiply 16-bit numbers; elsewhere their rounding is emulated.</summary>
    public abstract bool MultipliesHalves { get; }

    /// <summary>Whether a sequence of launches can be recorded once and then repeated as a whole.</summary>
    public abstract bool RecordsLaunches { get; }

    /// <summary>Loads a graph.</summary>
    /// <exception cref="InputException">The runtime does not take it.</exception>
    internal InferenceSession Load(ModelProto model, bool recorded = false, GraphOptimizationLevel level = GraphOptimizationLevel.ORT_ENABLE_ALL)
    {
        try
        {
            using SessionOptions options = Options(recorded);
            options.GraphOptimizationLevel = level;
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            return new InferenceSession(model.ToByteArray(), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfLoad(e);
        }
    }

    /// <summary>Memory of undefined contents.</summary>
    /// <exception cref="WorkException">There is not so much.</exception>
    internal abstract DeviceMemory Allocate(long bytes);

    /// <summary>Memory for floats, all zero.</summary>
    internal DeviceMemory AllocateZeros(int floats)
    {
        DeviceMemory memory = Allocate((long)floats * sizeof(float));
        float[] zeros = new float[Math.Min(floats, CopiedAtOnce)];
        for (int start = 0; start < floats; start += zeros.Length) Upload(zeros.AsSpan(0, Math.Min(zeros.Length, floats - start)), memory, start);
        return memory;
    }

    /// <summary>Runs a bound graph.</summary>
    /// <param name="session">The graph.</param>
    /// <param name="binding">Its tensors.</param>
    /// <param name="recording">Number of the recording, from 1; 0 runs without one. The first run of a number runs the graph twice: to allocate, then to record.</param>
    internal virtual void Run(InferenceSession session, OrtIoBinding binding, int recording)
    {
        using RunOptions options = new();
        if (RecordsLaunches) options.AddRunConfigEntry("gpu_graph_id", recording == 0 ? "-1" : recording.ToString(System.Globalization.CultureInfo.InvariantCulture));
        session.RunWithBinding(options, binding);
    }

    /// <summary>Copies a tensor, from or to the host or within the device.</summary>
    internal void Copy(TensorElementType type, OrtValue from, OrtValue to)
    {
        if (!_copies.TryGetValue(type, out InferenceSession? session)) _copies[type] = session = Load(DeviceGraphs.Copy(type), level: GraphOptimizationLevel.ORT_DISABLE_ALL);
        using OrtIoBinding binding = session.CreateIoBinding();
        binding.BindInput(DeviceGraphs.From, from);
        binding.BindOutput(DeviceGraphs.To, to);
        session.RunWithBinding(_run, binding);
    }

    /// <summary>Copies floats to the device.</summary>
    internal unsafe void Upload(ReadOnlySpan<float> from, DeviceMemory to, int offset = 0)
    {
        fixed (float* address = from) CopyFloats((nint)address, from.Length, to, offset, up: true);
    }

    /// <summary>Copies floats from the device.</summary>
    internal unsafe void Download(DeviceMemory from, Span<float> to, int offset = 0)
    {
        fixed (float* address = to) CopyFloats((nint)address, to.Length, from, offset, up: false);
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (InferenceSession session in _copies.Values) session.Dispose();
        _run.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The runtime's settings for a graph on this device.</summary>
    /// <param name="recorded">Whether launches of its runs are to be recorded.</param>
    protected abstract SessionOptions Options(bool recorded);

    // In pieces: the runtime goes through memory of its own, as large as what is copied.
    private void CopyFloats(nint host, int length, DeviceMemory device, int offset, bool up)
    {
        for (int start = 0; start < length; start += CopiedAtOnce)
        {
            int count = Math.Min(CopiedAtOnce, length - start);
            using OrtValue here = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [count], host + ((nint)start * sizeof(float)), (long)count * sizeof(float));
            using OrtValue there = device.Floats(offset + start, count);
            Copy(TensorElementType.Float, up ? here : there, up ? there : here);
        }
    }
}
