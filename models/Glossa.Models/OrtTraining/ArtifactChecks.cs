using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining.Lowering;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.OrtTraining;

/// <summary>What a forward graph must not be or have, because the training runtime would crash on it, or train something else in silence.</summary>
internal static class ArtifactChecks
{
    /// <summary>Fails where parameters are stored in another type than float32.</summary>
    /// <exception cref="InputException">One is.</exception>
    public static void RequireFloat32(ImportedModel imported)
    {
        TensorProto[] tensors = [.. ModelTensors.All(imported.Original).Select(found => found.Tensor)];
        foreach (ImportedParameter parameter in imported.Parameters)
        {
            if (parameter.Source is not { } source) continue;
            DataType type = (DataType)tensors[source.Place].DataType;
            if (type == DataType.Float || !ElementTypes.IsFloat(type)) continue;
            throw new InputException($"the parameter '{parameter.Name}' is {ElementTypes.Name(type)}; ONNX Runtime Training is float32 only",
                fix: "export the model in float32, or give --float32: the artifacts are then float32, and `glossa artifacts merge` writes the stored type back");
        }
    }

    /// <summary>Fails where the runtime would take an input or output of the user for one of its own.</summary>
    /// <exception cref="InputException">It would.</exception>
    public static void RequireOwnNames(ImportedModel imported, ArtifactOptions options)
    {
        HashSet<string> parameters = [.. imported.Parameters.Select(parameter => parameter.Name)];
        foreach ((string kind, string name) in imported.Forward.Graph.Input.Select(input => ("input", input.Name)).Concat(options.ExtraOutputs.Select(output => ("output", output))))
        {
            if (ArtifactNames.IsReserved(name))
                throw new InputException($"the {kind} '{name}' has a name that ONNX Runtime Training keeps for gradients", fix: "rename it in the graph: no name may end in '_grad'");
        }
        string? taken = imported.Parameters.SelectMany(p => new[] { ArtifactNames.Gradient(p.Name), ArtifactNames.Buffer(p.Name), ArtifactNames.Accumulated(p.Name) })
            .Append(ArtifactNames.LazyReset).FirstOrDefault(parameters.Contains);
        if (taken is not null) throw new InputException($"the parameter '{taken}' has a name that ONNX Runtime Training gives to a gradient", fix: "rename it in the graph");
    }

    /// <summary>Fails where the runtime has no kernel for a node.</summary>
    /// <exception cref="InputException">It has none.</exception>
    public static void RequireKernels(GraphProto graph)
    {
        if (OperatorSetLowering.NodesOf(graph).FirstOrDefault(node => !RuntimeOperators.Has(node)) is { } lacking)
            throw new InputException($"ONNX Runtime Training 1.19.2 has no kernel for {lacking.Describe()}", fix: "export the model without this operator");
        ShapeMap shapes = ShapeInference.Infer(graph);
        NodeProto? half = graph.Node.FirstOrDefault(node => node.Output.Any(output => shapes.Type(output) is DataType.Float16 or DataType.Bfloat16));
        if (half is not null)
            throw new InputException($"{half.Describe()} computes in {ElementTypes.Name(shapes.Type(half.Out(0)))}; ONNX Runtime Training is float32 only", fix: "export the model in float32");
    }
}
