using System.Text.RegularExpressions;
using Glossa.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Verification;

/// <summary>ONNX Runtime sessions for checking graphs; its failures become one line.</summary>
internal static partial class RuntimeSession
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
            throw Failed(e);
        }
    }

    /// <summary>The runtime's complaint without its source places and codes.</summary>
    public static InputException Failed(OnnxRuntimeException e) => new(
        "ONNX Runtime cannot run the graph: " + Noise().Replace(e.Message, " ").Trim(), fix: "check the shapes of what is fed, or export the model again", inner: e);

    [GeneratedRegex(@"\[ErrorCode:\w+\]|/\S+\.(cc|h):\d+\s+\S+(\([^)]*\))?|\s+")]
    private static partial Regex Noise();
}
