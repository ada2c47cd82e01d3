using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines.OrtTraining;

/// <summary>
/// What <see cref="OrtTrainingEngine"/> asks of a session of ONNX Runtime Training. The trainable parameters are one span, in the order of the
/// training model's inputs, without gaps.
/// </summary>
public interface ITrainingRuntime : IDisposable
{
    /// <summary>Runs loss and gradients and adds the gradients to those that the session keeps.</summary>
    /// <param name="inputs">The training model's inputs before its parameters, in its order; they stay the caller's.</param>
    /// <returns>The loss.</returns>
    float TrainStep(IReadOnlyList<OrtValue> inputs);

    /// <summary>Lets the next <see cref="TrainStep"/> replace the kept gradients.</summary>
    void LazyResetGrad();

    /// <summary>Runs the optimizer model on the kept gradients.</summary>
    void OptimizerStep(float learningRate);

    /// <summary>Copies the trainable parameters out.</summary>
    void ReadParameters(Span<float> parameters);

    /// <summary>Replaces the trainable parameters.</summary>
    void WriteParameters(ReadOnlySpan<float> parameters);
}
