using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Kernels.Products;

namespace Glossa.Training.Kernels;

/// <summary>
/// Rewrites a training step for this processor: what <see cref="KernelOperators"/> do better than the runtime's kernels is written as theirs. The step that is built, stored and shown stays plain ONNX.
/// </summary>
internal static class KernelLowering
{
    /// <summary>True where any operator is worth it on this processor.</summary>
    public static bool IsSupported => MatrixProduct.IsSupported;

    /// <summary>The step as a session of the CPU engine runs it; the step itself is not changed.</summary>
    public static ModelProto Apply(StepModel step)
    {
        ModelProto model = step.Model.Clone();
        ProductLowering.Apply(model.Graph);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = KernelOperators.Domain, Version = 1 });
        return model;
    }
}
