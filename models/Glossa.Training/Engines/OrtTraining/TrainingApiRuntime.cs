using Glossa.Models.OrtTraining;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines.OrtTraining;

/// <summary>A session of the native ONNX Runtime Training, through its C# API.</summary>
public sealed class TrainingApiRuntime : ITrainingRuntime
{
    private readonly CheckpointState _state;
    private readonly TrainingSession _session;

    /// <summary>Opens a folder of artifacts.</summary>
    /// <param name="folder">Holds the training model, the optimizer model and the checkpoint.</param>
    /// <param name="threads">Threads inside the runtime's operators.</param>
    /// <exception cref="InputException">The native library is one without the training API, or does not take the artifacts.</exception>
    public TrainingApiRuntime(string folder, int threads)
    {
        _state = Load(Path.Combine(folder, ArtifactNames.Checkpoint));
        try
        {
            using SessionOptions options = new() { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            // A package built for CUDA is chosen to use it: where that fails, the reason is the user's to know.
            if (OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider")) options.AppendExecutionProvider_CUDA();
            _session = new TrainingSession(options, _state, Path.Combine(folder, ArtifactNames.TrainingModel), Path.Combine(folder, ArtifactNames.EvaluationModel), Path.Combine(folder, ArtifactNames.OptimizerModel));
        }
        catch (OnnxRuntimeException e)
        {
            _state.Dispose();
            throw RuntimeFailure.OfLoad(e);
        }
    }

    /// <inheritdoc/>
    public float TrainStep(IReadOnlyList<OrtValue> inputs)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.TrainStep(inputs);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }

    /// <inheritdoc/>
    public void LazyResetGrad() => _session.LazyResetGrad();

    /// <inheritdoc/>
    public void OptimizerStep(float learningRate)
    {
        _session.SetLearningRate(learningRate);
        _session.OptimizerStep();
    }

    /// <inheritdoc/>
    public void ReadParameters(Span<float> parameters)
    {
        using OrtValue buffer = _session.ToBuffer(onlyTrainable: true);
        buffer.GetTensorDataAsSpan<float>().CopyTo(parameters);
    }

    /// <inheritdoc/>
    public unsafe void WriteParameters(ReadOnlySpan<float> parameters)
    {
        fixed (float* address = parameters)
        {
            using OrtValue buffer = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [parameters.Length], (nint)address, (long)parameters.Length * sizeof(float));
            _session.FromBuffer(buffer, onlyTrainable: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        // The session reads the state until it ends.
        _state.Dispose();
    }

    /// <summary>Whether the native library of this build has the training API.</summary>
    public static bool IsAvailable { get; } = HasTrainingApi();

    private static bool HasTrainingApi()
    {
        try
        {
            using CheckpointState none = CheckpointState.LoadCheckpoint("");
            return true;
        }
        catch (OnnxRuntimeException)
        {
            // It is there, and it looked for the file.
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static CheckpointState Load(string path)
    {
        if (!IsAvailable) throw new InputException("this build of glossa has an ONNX Runtime without the training API", fix: "build it with -p:OnnxRuntime=Training, or use the engine cpu");
        try
        {
            return CheckpointState.LoadCheckpoint(path);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfLoad(e);
        }
    }
}
