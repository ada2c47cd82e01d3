using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Finetune.Folder;
using Glossa.Training.Deltas;

namespace Glossa.Pipeline.Finetune;

/// <summary>The output of a fine-tuning in the making.</summary>
/// <param name="Path">The folder.</param>
/// <param name="ModelPath">Its model.</param>
/// <param name="BytesToShip">Bytes of the delta, or of the model where there is none.</param>
/// <param name="LeftOut">Models of the base folder that were not copied.</param>
internal sealed record FinetuneFolder(string Path, string ModelPath, long BytesToShip, IReadOnlyList<string> LeftOut)
{
    /// <summary>Writes the folder: the base's files, the task's config.json, the model, and the delta where there is one.</summary>
    public static FinetuneFolder Build(string path, HubFolder origin, TaskFacts facts, ModelProto model, ModelDelta? delta)
    {
        IReadOnlyList<string> left = origin.CopyRest(path);
        HubFolder.Write(System.IO.Path.Combine(path, HubFolder.ConfigName), facts.ConfigOf(origin.Config));
        string modelPath = System.IO.Path.Combine(path, origin.ModelName), deltaPath = System.IO.Path.Combine(path, DeltaFile.Name);
        OnnxFile.Write(modelPath, model);
        if (delta is not null) DeltaFile.Write(deltaPath, delta);
        return new FinetuneFolder(path, modelPath, new FileInfo(delta is null ? modelPath : deltaPath).Length, left);
    }

    /// <summary>Leaves the delta alone.</summary>
    public void DropModel() => File.Delete(ModelPath);
}
