using System.Globalization;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Distill;

/// <summary>What one teacher's weights depend on.</summary>
/// <param name="Model">Its network and start.</param>
/// <param name="Train">Its training.</param>
public sealed record TeacherSettings(ModelSettings Model, TrainSettings Train)
{
    /// <summary>
    /// Those of a run of another seed: in the first round without teachers, with the teachers' own dropout and phases where there are such; in a later one with the teachers of the round before.
    /// </summary>
    /// <param name="config">The run that the teacher is for.</param>
    /// <param name="number">Number of the teacher, from 1 and on through all rounds, which is added to the seed.</param>
    internal static TeacherSettings Of(RunConfig config, int number)
    {
        DistillationConfig distillation = config.Distillation;
        RunConfig own = config with { Seed = config.Seed + number };
        if (number <= distillation.Teachers)
        {
            own = own with
            {
                Model = config.Model with { Dropout = distillation.Dropout ?? config.Model.Dropout },
                Curriculum = config.Curriculum with { Phases = distillation.Phases.Count > 0 ? distillation.Phases : config.Curriculum.Phases },
                Distillation = new DistillationConfig(),
            };
        }
        return new TeacherSettings((ModelSettings)((IStage)new ModelStage()).SelectSettings(own), (TrainSettings)((IStage)new TrainStage()).SelectSettings(own));
    }
}

/// <summary>Trains a teacher: the stages model and train of a run, in the scratch folder of the stage that needs it, where it stays until that stage is done.</summary>
internal static class TeacherTraining
{
    /// <summary>Stands in a folder of the scratch once all of it is written.</summary>
    public const string DoneName = "done";

    /// <summary>Trains it, from its last checkpoint where there is one, and not again once it is finished. Gives what builds the trained model, so that no session of one lies in memory while another is trained.</summary>
    /// <param name="settings">The teacher.</param>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="targets">Folder of what the teachers of the round before expect; null in the first round.</param>
    /// <param name="context">The stage.</param>
    public static Func<ModelProto> Train(TeacherSettings settings, int number, int count, string? targets, StageContext context)
    {
        string folder = Path.Combine(context.Scratch, string.Create(CultureInfo.InvariantCulture, $"teacher-{number}"));
        string model = Path.Combine(folder, "model"), weights = Path.Combine(folder, "train"), scratch = Path.Combine(folder, "checkpoints");
        TeacherProgress progress = new(context.Progress, string.Create(CultureInfo.InvariantCulture, $"teacher {number} of {count}"));
        Dictionary<string, string> inputs = new() { ["model"] = model };
        if (targets is not null) inputs["teachers"] = targets;
        StageContext training = context.Within(weights, scratch, progress, inputs);
        if (!File.Exists(Path.Combine(folder, DoneName)))
        {
            foreach (string unfinished in (string[])[model, weights])
            {
                DurableFolder.Delete(unfinished);
                Directory.CreateDirectory(unfinished);
            }
            ((IStage)new ModelStage()).Run(settings.Model, context.Within(model, scratch, progress));
            ((IStage)new TrainStage()).Run(settings.Train, training);
            AtomicFile.WriteText(Path.Combine(folder, DoneName), "");
            DurableFolder.Delete(scratch);
        }
        return () => TrainedModel.Build(training, Path.Combine(weights, TrainStage.WeightsFolder, TrainStage.FinalName));
    }

    // Says which teacher it is.
    private sealed class TeacherProgress(IProgressReporter inner, string name) : IProgressReporter
    {
        public void Report(in ProgressUpdate update) => inner.Report(update with { Detail = update.Detail is null ? name : $"{name}, {update.Detail}" });

        public void Note(string message) => inner.Note($"{name}: {message}");

        public void StageStarted(string stage)
        {
        }

        public void StageFinished(string stage, double seconds, bool cached)
        {
        }
    }
}
