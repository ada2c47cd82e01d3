using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines.Cuda;

/// <summary>An NVIDIA GPU through ONNX Runtime's CUDA execution provider.</summary>
public sealed class CudaDevice : ComputeDevice
{
    private const string Provider = "CUDAExecutionProvider";

    private readonly int _number;
    private readonly bool _tf32;
    private readonly OrtMemoryInfo _info;
    private readonly InferenceSession _session;
    private readonly OrtAllocator _allocator;

    /// <summary>Opens a GPU.</summary>
    /// <param name="tf32">Whether float32 products may read TensorFloat-32.</param>
    /// <param name="number">Number of the GPU.</param>
    /// <param name="records">Whether runs are recorded as CUDA graphs.</param>
    /// <exception cref="InputException">This build has no CUDA provider, or it does not find a GPU or its libraries.</exception>
    public CudaDevice(bool tf32, int number = 0, bool records = true)
    {
        if (!IsAvailable) throw new InputException($"this build of glossa {MissingProvider.Why}", fix: MissingProvider.Fix);
        (_tf32, _number, RecordsLaunches) = (tf32, number, records);
        _info = new OrtMemoryInfo("Cuda", OrtAllocatorType.DeviceAllocator, number, OrtMemType.Default);
        _session = Load(DeviceGraphs.Zeros(1));
        _allocator = new OrtAllocator(_session, _info);
    }

    /// <summary>Whether the runtime that this build is made with has the CUDA provider; a GPU may still be missing.</summary>
    public static bool IsAvailable { get; } = OrtEnv.Instance().GetAvailableProviders().Contains(Provider);

    /// <summary>What is said where it has not.</summary>
    public static (string Why, string Fix) MissingProvider { get; } =
        ("needs an ONNX Runtime with the CUDA provider, which this build has not", "build glossa with -p:OnnxRuntime=Gpu on a machine with CUDA and cuDNN (docs/cuda.md), or use cpu");

    /// <inheritdoc/>
    public override string Name => "cuda:" + _number.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override bool MultipliesHalves => true;

    /// <inheritdoc/>
    public override bool RecordsLaunches { get; }

    internal override DeviceMemory Allocate(long bytes)
    {
        // What the runtime's C# interface can ask for in one piece.
        if (bytes > uint.MaxValue) throw new InputException($"a buffer of {bytes} bytes is more than the engine cuda can allocate in one piece", fix: "train a model of at most 1,000 million parameters");
        try
        {
            OrtMemoryAllocation memory = _allocator.Allocate((uint)bytes);
            return new DeviceMemory(memory.DangerousGetHandle(), bytes, _info, memory);
        }
        catch (OnnxRuntimeException e)
        {
            throw new WorkException($"the GPU has no {bytes >> 20} MiB of memory left for weights and moments", fix: "use a smaller model, or a GPU with more memory", inner: e);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _allocator.Dispose();
        _session.Dispose();
        _info.Dispose();
    }

    /// <inheritdoc/>
    protected override SessionOptions Options(bool recorded)
    {
        SessionOptions options = new();
        try
        {
            using OrtCUDAProviderOptions cuda = new();
            cuda.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = _number.ToString(CultureInfo.InvariantCulture),
                ["use_tf32"] = _tf32 ? "1" : "0",
                ["enable_cuda_graph"] = recorded && RecordsLaunches ? "1" : "0",
                // Grown by what is asked for, not by doubling: moments and activations leave no room for guesses.
                ["arena_extend_strategy"] = "kSameAsRequested",
            });
            options.AppendExecutionProvider_CUDA(cuda);
            return options;
        }
        catch (OnnxRuntimeException e)
        {
            options.Dispose();
            throw new InputException($"the engine cuda does not start ({Reason(e)})",
                fix: "install an NVIDIA driver, CUDA and cuDNN of the versions in docs/cuda.md and put their libraries where the loader looks (LD_LIBRARY_PATH), or use cpu", inner: e);
        }
    }

    // Behind the places in the runtime's source that the message begins with: which library is missing.
    private static string Reason(OnnxRuntimeException e)
    {
        const string Mark = " : FAIL : ";
        string line = RuntimeFailure.FirstLine(e);
        int at = line.LastIndexOf(Mark, StringComparison.Ordinal);
        return at < 0 ? line : line[(at + Mark.Length)..];
    }
}
