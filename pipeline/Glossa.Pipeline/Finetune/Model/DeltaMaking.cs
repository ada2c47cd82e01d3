using Glossa.Models.Adapters;
using Glossa.Models.Onnx;
using Glossa.Training.Deltas;
using Glossa.Training.Engines;
using Glossa.Training.Parameters;

namespace Glossa.Pipeline.Finetune.Model;

/// <summary>Makes the delta of a trained model.</summary>
internal static class DeltaMaking
{
    /// <summary>The adapters and the new head.</summary>
    public static ModelDelta OfAdapters(TunedModel model, ITrainingEngine engine, string task) => Delta(model, engine, task, [.. model.Adapters.Select(a => a.Weight)]) with
    {
        LowRank = model.Adapters.ToDictionary(a => a.Weight, a => new LowRankChange(a, Values(engine, a.Left), Values(engine, a.Right))),
    };

    /// <summary>The differences of the chosen weights and the new head.</summary>
    public static ModelDelta OfSelection(TunedModel model, ITrainingEngine engine, SparseSelection selection, IReadOnlyDictionary<string, float[]> start, string task) => Delta(model, engine, task, [.. selection.Indices.Keys]) with
    {
        Sparse = selection.Indices.ToDictionary(chosen => chosen.Key, chosen =>
        {
            float[] before = start[chosen.Key], after = Values(engine, chosen.Key);
            return new SparseChange(before.Length, chosen.Value, Array.ConvertAll(chosen.Value, i => after[i] - before[i]));
        }),
    };

    private static ModelDelta Delta(TunedModel model, ITrainingEngine engine, string task, string[] changed)
    {
        Dictionary<string, TensorProto> initializers = model.Imported.Forward.Graph.Initializer.ToDictionary(i => i.Name);
        return new ModelDelta
        {
            Base = ModelDelta.HashOf(changed, name => OnnxFactory.Floats(initializers[name])),
            Task = task,
            New = model.NewParameters.Where(engine.Layout.Contains).ToDictionary(name => name, name => new NewTensor(engine.Layout[name].Shape, Values(engine, name))),
        };
    }

    private static float[] Values(ITrainingEngine engine, string name) => engine.Parameters.Slice(engine.Layout[name]).ToArray();
}
