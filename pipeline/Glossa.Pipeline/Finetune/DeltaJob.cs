using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Finetune.Folder;
using Glossa.Pipeline.Finetune.Model;
using Glossa.Pipeline.Progress;
using Glossa.Training.Deltas;

namespace Glossa.Pipeline.Finetune;

/// <summary>What <c>glossa delta apply</c> does: a base folder and the deltas of one or several fine-tunings of it in, a fine-tuned folder out.</summary>
public static class DeltaJob
{
    /// <summary>
    /// Adds deltas to the model that they were made from. Differences add up; of several deltas with a head, the first gives it, and its task with it.
    /// </summary>
    /// <param name="modelFolder">The base, in Hugging Face layout.</param>
    /// <param name="deltaPaths">The deltas.</param>
    /// <param name="outFolder">The folder to make.</param>
    /// <param name="progress">Is told what a user should know.</param>
    /// <exception cref="InputException">A file is missing or damaged, or a delta was made from other weights.</exception>
    public static void Apply(string modelFolder, IReadOnlyList<string> deltaPaths, string outFolder, IProgressReporter? progress = null)
    {
        ArgumentNullException.ThrowIfNull(deltaPaths);
        progress ??= SilentProgress.Instance;
        string output = FinetuneWork.NewOutput(outFolder);
        if (deltaPaths.Count == 0) throw new InputException("there is no delta to apply", fix: "name one or more delta files");
        HubFolder folder = HubFolder.Open(modelFolder);
        (string Name, ModelDelta Delta)[] deltas = [.. deltaPaths.Select(path => (path, DeltaFile.Read(Directory.Exists(path) ? Path.Combine(path, DeltaFile.Name) : path)))];
        (string Name, ModelDelta Delta) leading = deltas.FirstOrDefault(delta => delta.Delta.New.Count > 0, deltas[0]);
        if (deltas.Count(delta => delta.Delta.New.Count > 0) > 1) progress.Note($"the head is that of {leading.Name}");
        TaskFacts facts = Facts(leading.Delta.Task, leading.Name);

        ImportedModel imported = facts.Labels.Count > 0
            ? ModelImport.Prepare(TunedModel.Headed(folder, facts.Labels.Count, facts.Pooling, 0).Model, new ImportOptions())
            : ModelImport.Read(folder.ModelPath, new ImportOptions());
        ModelProto merged = DeltaMerge.Apply(imported, deltas, leading.Delta.New.Count > 0 ? leading.Delta : null);
        FinetuneWork work = new(output + ".work-delta", progress, CancellationToken.None);
        FinetuneFolder built = FinetuneFolder.Build(work.Fresh("folder"), folder, facts, merged, null);
        if (built.LeftOut.Count > 0) progress.Note($"not copied, since they hold the old weights: {string.Join(", ", built.LeftOut)}");
        work.Finish(built.Path, output);
    }

    private static TaskFacts Facts(string json, string path)
    {
        try
        {
            return TaskFacts.Read(JsonNode.Parse(json), path) ?? throw new InputException("the delta does not say its task", path, "make it again with `glossa finetune`");
        }
        catch (JsonException e)
        {
            throw new InputException("the delta does not say its task", path, "make it again with `glossa finetune`", e);
        }
    }
}
