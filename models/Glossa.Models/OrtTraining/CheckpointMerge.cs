using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining.Checkpoints;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.OrtTraining;

/// <summary>Writes the parameters of a checkpoint into the forward graph that its artifacts were made from: training on a device ends in an inference model.</summary>
public static class CheckpointMerge
{
    /// <summary>The graph with the checkpoint's parameters: same nodes, names and element types, twins written with them.</summary>
    /// <param name="original">The forward graph as <see cref="ModelImport.ReadOriginal(string)"/> gives it; it is not changed.</param>
    /// <param name="checkpoint">The checkpoint; its parameters may have been written by the official tool as well.</param>
    /// <exception cref="InputException">The checkpoint holds no values, or parameters that the graph has not, or in another shape.</exception>
    public static ModelProto Apply(ModelProto original, OrtCheckpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.IsNominal) throw new InputException("the checkpoint is nominal: it names parameters and holds no values", fix: "save the state of the training session");
        HashSet<string> stored = [.. original.Graph.Initializer.Where(tensor => ElementTypes.IsFloat((DataType)tensor.DataType)).Select(tensor => tensor.Name)];
        // Whatever the checkpoint trains is a parameter, also where the rule of the import would have left it constant.
        ImportedModel imported = ModelImport.Prepare(original, new ImportOptions { Train = [.. checkpoint.Parameters.Select(tensor => tensor.Name).Where(stored.Contains)] });
        Dictionary<string, ImportedParameter> parameters = imported.Parameters.ToDictionary(parameter => parameter.Name);
        Dictionary<string, ReadOnlyMemory<float>> values = [];
        foreach (OrtTensor tensor in checkpoint.Parameters.Where(tensor => parameters.ContainsKey(tensor.Name)))
        {
            RequireShape(tensor, parameters[tensor.Name].Shape);
            values[tensor.Name] = tensor.Floats();
        }
        ModelProto merged = TrainedWeights.WriteBack(imported, values, repair: true);
        WriteTwins(merged, [.. checkpoint.Parameters.Where(tensor => !parameters.ContainsKey(tensor.Name))]);
        return merged;
    }

    /// <summary>The official tool trains the twins of a parameter each on their own.</summary>
    private static void WriteTwins(ModelProto merged, OrtTensor[] tensors)
    {
        Dictionary<string, TensorProto> initializers = merged.Graph.Initializer.ToDictionary(tensor => tensor.Name);
        foreach (OrtTensor tensor in tensors)
        {
            if (!initializers.TryGetValue(tensor.Name, out TensorProto? initializer) || !ElementTypes.IsFloat((DataType)initializer.DataType))
                throw new InputException($"the model has no parameter '{tensor.Name}', the checkpoint has", fix: "name the forward graph that the artifacts were made from: " + NearestName.Advice(tensor.Name, initializers.Keys));
            RequireShape(tensor, initializer.Dims);
            TensorData.SetFloats(initializer, tensor.Floats());
        }
    }

    private static void RequireShape(OrtTensor tensor, IReadOnlyCollection<long> shape)
    {
        if (!tensor.Shape.SequenceEqual(shape))
            throw new InputException($"'{tensor.Name}' is [{string.Join(", ", tensor.Shape)}] in the checkpoint and [{string.Join(", ", shape)}] in the model", fix: "name the forward graph that the artifacts were made from");
    }
}
