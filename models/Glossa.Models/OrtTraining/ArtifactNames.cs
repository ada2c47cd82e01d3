namespace Glossa.Models.OrtTraining;

/// <summary>The names that ONNX Runtime Training goes by: it sorts a training model's inputs by them.</summary>
public static class ArtifactNames
{
    /// <summary>File name of the training model.</summary>
    public const string TrainingModel = "training_model.onnx";

    /// <summary>File name of the evaluation model.</summary>
    public const string EvaluationModel = "eval_model.onnx";

    /// <summary>File name of the optimizer model.</summary>
    public const string OptimizerModel = "optimizer_model.onnx";

    /// <summary>File name of the checkpoint.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>File name of a checkpoint that names the parameters and holds no values.</summary>
    public const string NominalCheckpoint = "nominal_checkpoint";

    /// <summary>The input, bool <c>[1]</c>, that makes the next gradients replace those that are kept.</summary>
    public const string LazyReset = "lazy_reset_grad";

    private const string GradientEnding = "_grad";
    private const string BufferEnding = "_grad.accumulation.buffer";
    private const string AccumulatedEnding = "_grad.accumulation.out";

    /// <summary>Name of a parameter's gradient inside the training model.</summary>
    public static string Gradient(string parameter) => parameter + GradientEnding;

    /// <summary>Name of the input that a parameter's gradients add up in.</summary>
    public static string Buffer(string parameter) => parameter + BufferEnding;

    /// <summary>Name of the output, bool <c>[1]</c>, that says that a gradient was added.</summary>
    public static string Accumulated(string parameter) => parameter + AccumulatedEnding;

    /// <summary>True where the runtime would take an input or output of this name for one of its own.</summary>
    public static bool IsReserved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name == LazyReset || name.EndsWith(GradientEnding, StringComparison.Ordinal)
            || name.EndsWith(BufferEnding, StringComparison.Ordinal) || name.EndsWith(AccumulatedEnding, StringComparison.Ordinal);
    }
}
