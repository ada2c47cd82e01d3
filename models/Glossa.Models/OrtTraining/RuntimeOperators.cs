namespace Glossa.Models.OrtTraining;

/// <summary>The operators that ONNX Runtime Training 1.19.2 has kernels for.</summary>
internal static class RuntimeOperators
{
    /// <summary>The domain of the runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";
}
