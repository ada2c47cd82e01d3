using System.Text.Json;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>Token ids, the phase-1 languages and the training step in; trained weights out, after each phase.</summary>
public sealed class TrainStage : Stage<TrainSettings>
{
    /// <summary>What training did.</summary>
    public const string ResultFile = "training.json";

    /// <summary>Folder of the weights in the output.</summary>
    public const string WeightsFolder = "weights";

    /// <summary>The trained weights.</summary>
    public const string FinalName = "final.safetensors";

    /// <inheritdoc/>
    public override string Name => "train";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer", "languages", "model"];

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedPath> Published => [new PublishedPath(WeightsFolder, "checkpoints")];

    /// <summary>The weights after a phase that is not the last.</summary>
    public static string PhaseName(int phase) => $"after-phase-{phase + 1}.safetensors";

    /// <inheritdoc/>
    protected override TrainSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new TrainSettings(config.Curriculum, config.Optimizer, config.Batch, ModelOptions.ContextOf(config.Model), config.Model.Dropout ?? 0, config.Engine.Kind, Workers.Of(config.Engine), config.Seed);
    }

    /// <inheritdoc/>
    protected override void Run(TrainSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        ITokenizer tokenizer = TokenizerFolder.Load(context.Input("tokenizer", TokenizerStage.Folder));
        using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        StepModel step = StepModel.Of(OnnxFile.Read(context.Input("model", ModelStage.StepFile)));
        ModelProto forward = OnnxFile.Read(context.Input("model", ModelStage.ForwardFile));
        using ITrainingEngine engine = Engines.Create(settings.Engine, step, InitialValues(forward, step), settings.Lanes, (float)settings.Dropout);
        using Trainer trainer = new(engine, Options(settings, engine, TransposedMatrices(forward, step)));
        BatchAssembler assembler = new(tokens, tokenizer, step.TakesAttentionMask);
        IReadOnlyList<PlannedPhase> phases = CurriculumPlan.Make(settings, tokens, LanguagesStage.ChosenIn(context), assembler);

        TrainingResult result = trainer.Train(phases, context);
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(result));
    }

    private static TrainerOptions Options(TrainSettings settings, ITrainingEngine engine, IReadOnlySet<string> transposed) => new()
    {
        Optimizer = Optimizers.Of(settings.Optimizer, engine.Layout.Slots.All(slot => !slot.Name.Contains("lm_head", StringComparison.Ordinal))),
        Clip = settings.Optimizer.Clip,
        Ema = settings.Optimizer.Ema,
        Lanes = settings.Lanes,
        Seed = settings.Seed,
        Transposed = transposed,
    };

    private static Dictionary<string, float[]> InitialValues(ModelProto forward, StepModel step)
    {
        Dictionary<string, TensorProto> initializers = forward.Graph.Initializer.ToDictionary(i => i.Name);
        return step.Parameters.ToDictionary(p => p.Name, p => OnnxFactory.Floats(initializers[p.Name]));
    }

    // Right operands of MatMul are stored [inputs, outputs], the other way round from what Muon's scale counts as rows and columns.
    private static HashSet<string> TransposedMatrices(ModelProto forward, StepModel step)
    {
        HashSet<string> rightOperands = [.. forward.Graph.Node.Where(n => n.OpType == "MatMul").Select(n => n.Input[1])];
        return [.. step.Parameters.Where(p => p.Shape.Length == 2 && rightOperands.Contains(p.Name)).Select(p => p.Name)];
    }
}
