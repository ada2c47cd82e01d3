using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Kernels;
using Glossa.Training.Parameters;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines;

/// <summary>
/// The plain ONNX training step on ONNX Runtime's CPU kernels: one session, several concurrent runs of one thread each. Micro-batch i
/// belongs to worker i mod workers; each worker accumulates into a gradient span of its own, and the spans are summed in worker order.
/// </summary>
public sealed class CpuEngine : ITrainingEngine
{
    private const int SumChunk = 1 << 14;

    private readonly InferenceSession _session;
    private readonly StepWorker[] _workers;

    /// <summary>Loads a step built with accumulation and a weighted loss.</summary>
    /// <param name="step">The training step.</param>
    /// <param name="initial">Start values by parameter name.</param>
    /// <param name="workers">Concurrent runs, at most one a core.</param>
    /// <param name="dropout">Rate of the factors that are fed to <c>dropout.*</c> inputs.</param>
    /// <param name="kernels">Whose kernels compute the step.</param>
    public CpuEngine(StepModel step, IReadOnlyDictionary<string, float[]> initial, int workers, float dropout = 0, EngineKernels kernels = EngineKernels.Fastest)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        Layout = new ParameterLayout(step.Parameters);
        Parameters = new FloatBuffer(Layout.Length);
        foreach (ParameterSlot slot in Layout.Slots) initial[slot.Name].AsSpan().CopyTo(Parameters.Slice(slot));
        using SessionOptions options = Options();
        _session = Load(kernels == EngineKernels.Fastest ? ForThisProcessor(step, options) : step.Model, options);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new StepWorker(_session, step, Layout, Parameters, dropout))];
    }

    /// <inheritdoc/>
    public ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public FloatBuffer Parameters { get; }

    /// <inheritdoc/>
    public FloatBuffer Gradients => _workers[0].Gradients;

    /// <inheritdoc/>
    public double Run(IReadOnlyList<MicroBatch> microBatches, float lossWeight)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        double[] losses = new double[microBatches.Count];
        try
        {
            Parallel.For(0, _workers.Length, new ParallelOptions { MaxDegreeOfParallelism = _workers.Length }, worker =>
            {
                _workers[worker].Gradients.Span.Clear();
                for (int i = worker; i < microBatches.Count; i += _workers.Length)
                    losses[i] = _workers[worker].Run(microBatches[i], lossWeight);
            });
        }
        catch (AggregateException e)
        {
            // What is wrong with one micro-batch is usually wrong with all: one failure says it.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        SumGradients();
        return losses.Sum();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (StepWorker worker in _workers) worker.Dispose();
        _session.Dispose();
        Parameters.Dispose();
    }

    private void SumGradients()
    {
        if (_workers.Length == 1) return;
        Parallel.For(0, (Layout.Length + SumChunk - 1) / SumChunk, new ParallelOptions { MaxDegreeOfParallelism = _workers.Length }, chunk =>
        {
            int start = chunk * SumChunk, length = Math.Min(SumChunk, Layout.Length - start);
            Span<float> sum = _workers[0].Gradients.Span.Slice(start, length);
            for (int i = 1; i < _workers.Length; i++)
                TensorPrimitives.Add(sum, _workers[i].Gradients.Span.Slice(start, length), sum);
        });
    }

    /// <summary>The step in the form that is fastest on this processor, and the operators that it takes.</summary>
    public static ModelProto ForThisProcessor(StepModel step, SessionOptions options)
    {
        if (!KernelLowering.IsSupported) return step.Model;
        KernelOperators.AddTo(options);
        return KernelLowering.Apply(step);
    }

    private static InferenceSession Load(ModelProto model, SessionOptions options)
    {
        try
        {
            return new InferenceSession(model.ToByteArray(), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfLoad(e);
        }
    }

    /// <summary>The runtime's settings for a training step on one thread.</summary>
    public static SessionOptions Options()
    {
        SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            // A pattern asks the arena for one block as large as a whole run, beside the pieces that the run before it has left there: a fifth more memory, and no faster.
            EnableMemoryPattern = false,
        };
        // The runtime would undo the explicit transposition of narrow operands, which is what makes the weight gradients fast.
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "GemmTransposeFusion");
        return options;
    }
}
