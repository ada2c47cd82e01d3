using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Training.Deltas;

namespace Glossa.Pipeline.Finetune.Model;

/// <summary>Adds deltas to the model that they were made from.</summary>
internal static class DeltaMerge
{
    /// <summary>The graph with all differences added, and the new tensors of the one delta that gives the head.</summary>
    /// <param name="model">The base, with the head attached.</param>
    /// <param name="deltas">Deltas with the names that errors call them by.</param>
    /// <param name="head">Gives the values of new tensors; null for none.</param>
    /// <exception cref="InputException">A delta was made from other weights.</exception>
    public static ModelProto Apply(ImportedModel model, IReadOnlyList<(string Name, ModelDelta Delta)> deltas, ModelDelta? head)
    {
        Dictionary<string, TensorProto> initializers = model.Forward.Graph.Initializer.ToDictionary(i => i.Name);
        HashSet<string> parameters = [.. model.Parameters.Select(p => p.Name)];
        Dictionary<string, float[]> weights = [];
        foreach ((string name, ModelDelta delta) in deltas)
        {
            string? missing = delta.Changed.FirstOrDefault(tensor => !parameters.Contains(tensor));
            if (missing is not null) throw new InputException($"the delta changes the weight '{missing}', which the model does not have", name, "apply it to the model that it was made from");
            if (ModelDelta.HashOf(delta.Changed, tensor => OnnxFactory.Floats(initializers[tensor])) != delta.Base)
                throw new InputException("the delta was made from a model with other weights", name, "apply it to the model that it was made from, all deltas at once");
            foreach (string tensor in delta.Changed) weights.TryAdd(tensor, OnnxFactory.Floats(initializers[tensor]));
        }
        foreach ((string tensor, float[] weight) in weights)
            foreach ((_, ModelDelta delta) in deltas) delta.AddTo(tensor, weight);
        foreach ((string tensor, NewTensor value) in head?.New ?? new Dictionary<string, NewTensor>()) weights[tensor] = value.Data;
        return TrainedWeights.WriteBack(model, weights.ToDictionary(weight => weight.Key, weight => (ReadOnlyMemory<float>)weight.Value), repair: true);
    }
}
