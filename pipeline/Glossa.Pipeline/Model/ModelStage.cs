using System.Text.Json;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Model;

/// <summary>What the model depends on.</summary>
/// <param name="Model">Preset and overrides, or a graph.</param>
/// <param name="Seed">Seed of the start values.</param>
/// <param name="Engine">What the training step is built for.</param>
/// <param name="ZLoss">The step's z-loss.</param>
public sealed record ModelSettings(ModelConfig Model, long Seed, EngineKind Engine, double ZLoss)
{
    /// <summary>True where the step's loss reads what teachers expect; null where it reads the text alone.</summary>
    public bool? SoftTargets { get; init; }
}

/// <summary>The tokenizer's vocabulary in; the forward graph with its start values, and its training step, out.</summary>
public sealed class ModelStage : Stage<ModelSettings>
{
    /// <summary>The forward graph with start values: a preset in its training form, or the user's graph as the import prepares it.</summary>
    public const string ForwardFile = "forward.onnx";

    /// <summary>The training step.</summary>
    public const string StepFile = "step.onnx";

    /// <summary>The user's graph as it came, its data inside; missing for a preset.</summary>
    public const string GraphFile = "graph.onnx";

    /// <summary>The shape of a preset; missing for a user's graph.</summary>
    public const string OptionsFile = "model.json";

    private const string GraphInput = "graph";

    /// <inheritdoc/>
    public override string Name => "model";

    /// <inheritdoc/>
    public override int Version => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer"];

    /// <inheritdoc/>
    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Model.Graph is { } graph ? [new InputFile(GraphInput, graph)] : StartFolder.ModelFiles(config.Model.Start);
    }

    /// <inheritdoc/>
    protected override ModelSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        // Files count by their content, not by where they lie.
        ModelConfig model = config.Model with { Graph = config.Model.Graph is null ? null : GraphInput, Start = config.Model.Start is null ? null : StartFolder.Model };
        return new ModelSettings(model, config.Seed, config.Engine.Kind, config.Optimizer.ZLoss) { SoftTargets = config.Distillation.IsOn ? true : null };
    }

    /// <inheritdoc/>
    protected override void Run(ModelSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        ITokenizer tokenizer = TextTokenizer.Load(context.Input("tokenizer", TokenizerStage.Folder));
        ModelProto forward;
        StepModel model;
        StepOptions step = Engines.StepOptions(settings.Engine) with { ZLoss = (float)settings.ZLoss, SoftTargets = settings.SoftTargets == true };
        if (settings.Model.Graph is null)
        {
            TransformerOptions options = ModelOptions.Of(settings.Model, tokenizer.VocabularySize, tokenizer.TextVocabularySize);
            if (options.Task != TransformerTask.CausalLm)
                throw new InputException("`glossa run` trains causal language models; masked ones are trained by the library", fix: "choose the preset nanochat, qwen3 or gpt2");
            forward = TrainingGraph.Build(options, settings.Model.Start is null
                ? TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize((ulong)settings.Seed))
                : StartFolder.Weights(context.File(StartFolder.Model), context.File(StartFolder.Config), options, tokenizer));
            model = TrainingStep.Build(forward, step with { TimeMajor = true });
            File.WriteAllBytes(context.OutputFile(OptionsFile), JsonSerializer.SerializeToUtf8Bytes(options));
        }
        else
        {
            ImportedModel imported = Engines.Lowered(settings.Engine, UserGraph.Load(context.File(GraphInput), tokenizer.VocabularySize));
            foreach (string note in imported.Notes) context.Progress.Note(note);
            forward = imported.Forward;
            model = TrainingStep.Build(imported, step);
            OnnxFile.Write(context.OutputFile(GraphFile), imported.Original);
        }
        OnnxFile.Write(context.OutputFile(ForwardFile), forward);
        OnnxFile.Write(context.OutputFile(StepFile), model.Model);
        context.Progress.Note($"{model.Parameters.Sum(p => p.Shape.Aggregate(1L, (a, b) => a * b)):N0} parameters in {model.Parameters.Count} tensors; a training step of {model.Model.Graph.Node.Count} nodes");
    }

    /// <summary>The shape of the stage's preset; null for a user's graph.</summary>
    public static TransformerOptions? OptionsOf(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string path = context.Input("model", OptionsFile);
        return File.Exists(path) ? JsonSerializer.Deserialize<TransformerOptions>(File.ReadAllBytes(path)) : null;
    }
}
