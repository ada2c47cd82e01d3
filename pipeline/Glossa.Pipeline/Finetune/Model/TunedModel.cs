using Glossa.Models.Adapters;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Models.TaskHeads;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Finetune.Folder;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Finetune.Model;

/// <summary>A third party's graph with what a task adds to it.</summary>
/// <param name="Imported">The graph with its head.</param>
/// <param name="Trained">The same, with adapters where there are any: what the step is made of.</param>
/// <param name="Adapters">The adapters; empty without LoRA.</param>
/// <param name="NewParameters">Initializers of a new head.</param>
/// <param name="Notes">What a user should know.</param>
internal sealed record TunedModel(
    ImportedModel Imported, ImportedModel Trained, IReadOnlyList<LoraAdapter> Adapters, IReadOnlySet<string> NewParameters, IReadOnlyList<string> Notes)
{
    /// <summary>Reads a folder's graph and gives it the task's head and adapters.</summary>
    /// <exception cref="InputException">The graph is not sound or does not fit the task, or a pattern matches nothing.</exception>
    public static TunedModel Load(HubFolder folder, FinetuneOptions options, int classes)
    {
        ImportOptions import = new() { Freeze = options.Freeze };
        if (options.Task != FinetuneTask.Classification) return Adapt(ModelImport.Read(folder.ModelPath, import), [], [], options);
        HeadedModel headed = Headed(folder, classes, options.Pooling, (ulong)options.Seed);
        return Adapt(ModelImport.Prepare(headed.Model, import), headed.NewParameters, headed.Note is null ? [] : [headed.Note], options);
    }

    /// <summary>A folder's graph with the head that so many classes need.</summary>
    public static HeadedModel Headed(HubFolder folder, int classes, Pooling pooling, ulong seed) =>
        ClassificationHead.Attach(ModelImport.ReadOriginal(folder.ModelPath), new HeadOptions
        {
            Classes = classes,
            Pooling = pooling,
            HiddenSize = folder.Number("hidden_size", "dim", "d_model", "n_embd"),
            Seed = seed,
        });

    /// <summary>The training step of the task, as an engine runs it.</summary>
    public StepModel Step(FinetuneTask task, EngineKind engine) => TrainingStep.Build(Engines.Lowered(engine, Trained), Engines.StepOptions(engine) with
    {
        Loss = task switch
        {
            FinetuneTask.CausalLm => LossKind.CausalLm,
            FinetuneTask.MaskedLm => LossKind.MaskedLm,
            FinetuneTask.Classification => LossKind.SequenceClassification,
            _ => LossKind.Embedding,
        },
        Output = OutputOf(task),
    });

    /// <summary>Start values of the parameters that a step trains.</summary>
    public Dictionary<string, float[]> Start(StepModel step) => step.ValuesIn(Trained.Forward);

    private static TunedModel Adapt(ImportedModel imported, IReadOnlyList<string> fresh, IReadOnlyList<string> notes, FinetuneOptions options)
    {
        HashSet<string> whole = [.. fresh];
        IReadOnlyList<string> all = [.. imported.Notes, .. notes];
        if (options.Lora is null) return new TunedModel(imported, imported, [], whole, all);
        AdaptedModel adapted = LoraGraph.Attach(imported, options.Lora with { Whole = whole, Seed = (ulong)options.Seed });
        return new TunedModel(imported, adapted.Model, adapted.Adapters, whole, all);
    }

    // Language models give logits; embeddings are made of token states, or of what the graph itself pools.
    private string? OutputOf(FinetuneTask task)
    {
        string[] outputs = [.. Imported.Forward.Graph.Output.Select(output => output.Name)];
        string[] wanted = task == FinetuneTask.Embedding ? ["sentence_embedding", "last_hidden_state", "token_embeddings"] : [ClassificationHead.Logits];
        string? found = wanted.FirstOrDefault(outputs.Contains);
        if (found is null && task != FinetuneTask.Embedding)
        {
            throw new InputException($"the graph gives {string.Join(", ", outputs.Select(output => $"'{output}'"))}, no 'logits' to predict tokens by",
                fix: $"export the model for {(task == FinetuneTask.MaskedLm ? "fill-mask" : "text-generation")}");
        }
        return found;
    }
}
