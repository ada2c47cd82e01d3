using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Pipeline.Distill;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>A training ready to run: the earlier stages' outputs opened, engine, loop and phases made.</summary>
internal sealed class TrainWork : IDisposable
{
    private readonly TokenFile _tokens;
    private readonly ITrainingEngine _engine;
    private readonly Func<TrainSettings, IReadOnlyList<PlannedPhase>> _plan;

    private TrainWork(TokenFile tokens, ITrainingEngine engine, Trainer trainer, Func<TrainSettings, IReadOnlyList<PlannedPhase>> plan, IReadOnlyList<PlannedPhase> phases) =>
        (_tokens, _engine, Trainer, _plan, Phases) = (tokens, engine, trainer, plan, phases);

    public Trainer Trainer { get; }

    public IReadOnlyList<PlannedPhase> Phases { get; }

    /// <summary>Tokens that other settings would train on, on the same texts.</summary>
    public long TokensOf(TrainSettings settings) => _plan(settings).Sum(phase => phase.Batches.AllLabels);

    public static TrainWork Open(TrainSettings settings, StageContext context, TeacherTargets? targets)
    {
        ITokenizer tokenizer = TextTokenizer.Load(context.Input("tokenizer", TokenizerStage.Folder));
        StepModel step = StepModel.Of(OnnxFile.Read(context.Input("model", ModelStage.StepFile)));
        ModelProto forward = OnnxFile.Read(context.Input("model", ModelStage.ForwardFile));
        TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        try
        {
            BatchAssembler assembler = new(tokens, tokenizer, step.TakesAttentionMask, targets);
            IReadOnlyCollection<string> chosen = LanguagesStage.ChosenIn(context);
            IReadOnlyList<PlannedPhase> phases = Plan(settings);
            ITrainingEngine engine = Engines.Create(settings.Engine, settings.Precision, step, step.ValuesIn(forward), settings.Lanes, (float)settings.Dropout);
            return new TrainWork(tokens, engine, new Trainer(engine, Options(settings, engine, TransposedMatrices(forward, step))), Plan, phases);

            IReadOnlyList<PlannedPhase> Plan(TrainSettings own) => CurriculumPlan.Make(own, tokens, chosen, assembler);
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Trainer.Dispose();
        _engine.Dispose();
        _tokens.Dispose();
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

    // Right operands of MatMul are stored [inputs, outputs], the other way round from what Muon's scale counts as rows and columns.
    private static HashSet<string> TransposedMatrices(ModelProto forward, StepModel step)
    {
        HashSet<string> rightOperands = [.. forward.Graph.Node.Where(n => n.OpType == "MatMul").Select(n => n.Input[1])];
        return [.. step.Parameters.Where(p => p.Shape.Length == 2 && rightOperands.Contains(p.Name)).Select(p => p.Name)];
    }
}
