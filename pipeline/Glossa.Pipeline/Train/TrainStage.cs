using System.Text.Json;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Distill;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Train;

/// <summary>Token ids, the phase-1 languages, the training step and what teachers expect, if there are any, in; trained weights out, after each phase.</summary>
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
    public override int Version => 3;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer", "languages", "model", "teachers"];

    /// <inheritdoc/>
    public override IReadOnlyList<PublishedPath> Published => [new PublishedPath(WeightsFolder, "checkpoints")];

    /// <summary>The weights after a phase that is not the last.</summary>
    public static string PhaseName(int phase) => $"after-phase-{phase + 1}.safetensors";

    /// <inheritdoc/>
    protected override TrainSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new TrainSettings(config.Curriculum, config.Optimizer, config.Batch, ModelOptions.ContextOf(config.Model), config.Model.Dropout ?? 0, config.Engine.Kind, config.Engine.Precision, Workers.Of(config.Engine), config.Seed)
        {
            Distillation = DistillationSettings.Of(config.Distillation),
        };
    }

    /// <inheritdoc/>
    protected override void Run(TrainSettings settings, StageContext context)
    {
        using TeacherTargets? targets = settings.Distillation is { } distillation ? new TeacherTargets(context.Input("teachers", TeachersStage.TargetsFile), distillation.Weight) : null;
        using TrainWork work = TrainWork.Open(settings, context, targets);
        context.Progress.Note(work.Trainer.Estimate(work.Phases).ToString());
        TrainingResult result = work.Trainer.Train(work.Phases, context);
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(result));
    }

    /// <summary>What the training of a configuration will take.</summary>
    /// <param name="config">All settings.</param>
    /// <param name="finished">The stages that it reads, done.</param>
    public TrainingEstimate Estimate(RunConfig config, IReadOnlyList<StageRecord> finished)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(finished);
        // Nothing is written: the folders are for inputs alone.
        StageContext context = new("", "", finished.ToDictionary(record => record.Name, record => record.Folder)) { Engine = config.Engine };
        TrainSettings settings = SettingsFrom(config);
        using TeacherTargets? targets = settings.Distillation is { } distillation ? TeacherTargets.OfTextAlone(distillation.Candidates) : null;
        using TrainWork work = TrainWork.Open(settings, context, targets);
        TrainingEstimate estimate = work.Trainer.Estimate(work.Phases);
        if (config.Distillation.Teachers == 0) return estimate;
        // Those of the first round may have phases of their own; a token takes them about as long. Later ones train as the model does.
        double teacher = (double)work.TokensOf(TeacherSettings.Of(config, 1).Train) / estimate.Tokens;
        (int teachers, int later) = (config.Distillation.Teachers, config.Distillation.Rounds - 1);
        return estimate with { Teachers = teachers * (1 + later), Seconds = estimate.Seconds * (1 + (teachers * (teacher + later))) };
    }
}
