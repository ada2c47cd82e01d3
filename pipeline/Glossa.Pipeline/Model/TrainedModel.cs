using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Pipeline.Staging;
using Glossa.Training.Safetensors;

namespace Glossa.Pipeline.Model;

/// <summary>The inference model with trained weights: a preset in its stored form, or the user's graph with new initializers.</summary>
public static class TrainedModel
{
    /// <summary>Builds the model from a file of weights.</summary>
    public static ModelProto Build(StageContext context, string weightsFile)
    {
        ArgumentNullException.ThrowIfNull(context);
        using SafetensorsReader weights = SafetensorsReader.Open(weightsFile);
        if (ModelStage.OptionsOf(context) is { } options)
            return InferenceGraph.Build(options, weights.Entries.ToDictionary(entry => entry.Name, entry => weights.ReadFloats(entry.Name)));
        ImportedModel imported = ModelImport.Read(context.Input("model", ModelStage.GraphFile), new ImportOptions());
        return TrainedWeights.WriteBack(
            imported, weights.Entries.ToDictionary(entry => entry.Name, entry => (ReadOnlyMemory<float>)weights.ReadFloats(entry.Name)), repair: true);
    }
}
