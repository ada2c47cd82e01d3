using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines;

/// <summary>ONNX Runtime's failures in one line.</summary>
internal static class RuntimeFailure
{
    /// <summary>A step that did not run: out of memory is failed work, all else is a graph that does not fit what it was fed.</summary>
    public static GlossaException OfRun(OnnxRuntimeException e, MicroBatch batch)
    {
        string why = FirstLine(e), fed = string.Join(", ", batch.Inputs);
        return why.Contains("bad_alloc", StringComparison.Ordinal) || why.Contains("Failed to allocate", StringComparison.Ordinal)
            ? new WorkException($"not enough memory to run the step on {fed}", fix: "use smaller micro-batches or fewer threads", inner: e)
            : new InputException($"ONNX Runtime cannot run the step on {fed} ({why})", fix: "check the shapes of the inputs and labels against the graph", inner: e);
    }

    /// <summary>A step that the runtime does not load.</summary>
    public static InputException OfLoad(OnnxRuntimeException e) =>
        new($"ONNX Runtime does not load the training step ({FirstLine(e)})", fix: "export the graph again, or report the operator that it names", inner: e);

    /// <summary>The runtime's message without what follows its first line.</summary>
    public static string FirstLine(OnnxRuntimeException e) => e.Message.Split('\n')[0].Trim().TrimEnd('.');
}
