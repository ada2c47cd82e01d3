using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Steps;
using Glossa.Training.Kernels.Losses;
using Glossa.Training.Kernels.Products;
using Glossa.Training.Kernels.Rows;

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
        // Lowering keeps the names of values, so what is known of the step stays true.
        ShapeMap shapes = ShapeMap.Infer(model.Graph);
        CrossEntropyLowering.Apply(model.Graph, shapes);
        ProductLowering.Apply(model.Graph, shapes);
        RowLowering.Apply(model.Graph, shapes);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = KernelOperators.Domain, Version = 1 });
        return model;
    }
}
