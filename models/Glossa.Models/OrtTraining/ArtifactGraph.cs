using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.OrtTraining;

/// <summary>What the training and the evaluation model have in common.</summary>
internal static class ArtifactGraph
{
    /// <summary>The newest operator set that the runtime has.</summary>
    public const long NewestOperatorSet = 21;

    /// <summary>The newest file format that it reads.</summary>
    public const long NewestFormat = 10;

    /// <summary>Initializers have been apart from inputs since this one.</summary>
    private const long OldestFormat = 4;

    /// <summary>Takes the parameters out of initializers and inputs, and puts them behind the inputs that are left, in their order.</summary>
    public static void MakeInputs(GraphProto graph, IReadOnlyList<ImportedParameter> parameters)
    {
        HashSet<string> names = [.. parameters.Select(parameter => parameter.Name)];
        TensorProto[] constants = [.. graph.Initializer.Where(tensor => !names.Contains(tensor.Name))];
        ValueInfoProto[] user = [.. graph.Input.Where(input => !names.Contains(input.Name))];
        graph.Initializer.Clear();
        graph.Initializer.AddRange(constants);
        graph.Input.Clear();
        graph.Input.AddRange(user);
        foreach (ImportedParameter parameter in parameters) graph.Input.Add(OnnxFactory.ValueInfo(parameter.Name, DataType.Float, Dimensions(parameter.Shape)));
    }

    /// <summary>Writes into declared outputs the sizes that inference finds where the exporter left a name.</summary>
    public static void Resolve(IEnumerable<ValueInfoProto> outputs, ShapeMap shapes)
    {
        foreach (ValueInfoProto output in outputs)
        {
            if (output.Type?.TensorType?.Shape is not { } declared || shapes.Shape(output.Name) is not { } inferred || inferred.Count != declared.Dim.Count) continue;
            for (int i = 0; i < inferred.Count; i++)
            {
                if (inferred[i].IsConstant) declared.Dim[i] = new TensorShapeProto.Types.Dimension { DimValue = inferred[i].Value };
            }
        }
    }

    /// <summary>A shape as a declaration takes it.</summary>
    public static object[] Dimensions(IReadOnlyList<long> shape) => [.. shape.Select(dimension => (object)dimension)];

    /// <summary>Names the versions that the graph needs and the runtime has, and no domain that no node uses.</summary>
    public static void Finish(ModelProto model)
    {
        model.IrVersion = Math.Clamp(model.IrVersion, OldestFormat, NewestFormat);
        HashSet<string> used = [.. model.Graph.Node.Select(node => node.Domain), "", "ai.onnx"];
        OperatorSetIdProto[] imports = [.. model.OpsetImport.Where(import => used.Contains(import.Domain))];
        model.OpsetImport.Clear();
        model.OpsetImport.AddRange(imports);
        if (used.Contains(RuntimeOperators.Microsoft) && imports.All(import => import.Domain != RuntimeOperators.Microsoft))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = RuntimeOperators.Microsoft, Version = 1 });
        model.Functions.Clear();
    }
}
