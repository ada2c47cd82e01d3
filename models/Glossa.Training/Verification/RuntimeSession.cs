using Glossa.Models.Onnx;
using Glossa.Training.Engines;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Verification;

/// <summary>ONNX Runtime sessions for checking graphs.</summary>
internal static class RuntimeSession
{
    /// <summary>Opens a graph as the CPU engine does, with as many threads as the runtime chooses, none of which spins.</summary>
    /// <exception cref="InputException">The runtime refuses the graph.</exception>
    public static InferenceSession Open(ModelProto model)
    {
        using SessionOptions options = new()
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("optimization.disable_specified_optimizers", "GemmTransposeFusion");
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            return new InferenceSession(model.ToByteArray(), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfLoad(e);
        }
    }
}
