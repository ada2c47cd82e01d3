using System.Diagnostics;
using System.Text.Json;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Training.Checkpoints;
using Glossa.Training.Engines;
using Glossa.Training.Parameters;
using Glossa.Training.Safetensors;
using Glossa.Training.Schedules;

namespace Glossa.Pipeline.Train;

/// <summary>The training loop: phases, steps, micro-batches, optimizer, averages, checkpoints.</summary>
public sealed class Trainer : IDisposable
{
    private const int CurvePoints = 400;

    private readonly ITrainingEngine _engine;
    private readonly ITrainingRun _run;
    private readonly string _advice;
    private readonly ulong _seed;
    private readonly int _lanes;

    /// <summary>Makes a loop around an engine.</summary>
    /// <param name="engine">Runs the step; not disposed here.</param>
    /// <param name="options">Rates and sizes.</param>
    public Trainer(ITrainingEngine engine, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        _engine = engine;
        _run = engine.Begin(options);
        _advice = options.DivergenceAdvice;
        _seed = (ulong)options.Seed << 44;
        _lanes = options.Lanes;
    }

    /// <summary>What <see cref="Train"/> will take, from a probe of some seconds. Weights and optimizer are as before afterwards.</summary>
    public TrainingEstimate Estimate(IReadOnlyList<PlannedPhase> phases)
    {
        ArgumentNullException.ThrowIfNull(phases);
        double gradients = new TrainingProbe(_run, _lanes).Seconds(phases), update = _run.SecondsOfUpdate();
        long steps = phases.Sum(phase => (long)phase.Batches.Steps);
        using Process self = Process.GetCurrentProcess();
        return new TrainingEstimate(_engine.Layout.ParameterCount, Labels(phases), steps, self.WorkingSet64, gradients + (steps * update));
    }

    private static long Labels(IReadOnlyList<PlannedPhase> phases) => phases.Sum(phase => phase.Batches.AllLabels);

    /// <summary>Runs every phase, from the last checkpoint where there is one, and writes the weights after each into the stage's output.</summary>
    /// <exception cref="WorkException">The loss is no longer a number.</exception>
    public TrainingResult Train(IReadOnlyList<PlannedPhase> phases, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(phases);
        ArgumentNullException.ThrowIfNull(context);
        CheckpointStore checkpoints = new(context.Scratch);
        TrainingProgress progress = Restore(checkpoints, context);
        long allLabels = Labels(phases);
        int allSteps = phases.Sum(phase => phase.Batches.Steps), interval = Math.Max(1, allSteps / CurvePoints);
        long lastSave = Stopwatch.GetTimestamp();

        while (progress.Phase < phases.Count)
        {
            PlannedPhase phase = phases[progress.Phase];
            if (progress.Step == 0 && phase.ResetOptimizer) _run.Reset();
            _run.Freeze(Frozen(phase));
            long resumed = Stopwatch.GetTimestamp();
            double earlier = progress.PhaseSeconds;
            Queue<TakenStep> unknown = [];
            for (; progress.Step < phase.Batches.Steps; progress.Step++)
            {
                if (context.Cancellation.IsCancellationRequested)
                {
                    Settle(all: true);
                    Save(checkpoints, progress);
                    context.Cancellation.ThrowIfCancellationRequested();
                }
                MicroBatch[] microBatches = [.. phase.Batches.MicroBatches(progress.Step).Select((batch, i) => batch with { Seed = Seed(progress.AllSteps + unknown.Count, i) })];
                int labels = phase.Batches.Labels(progress.Step);
                float factor = LearningRateSchedule.Factor(phase.Schedule, progress.Step, phase.Batches.Steps) * (float)phase.LearningRate;
                long began = Stopwatch.GetTimestamp();
                _run.Gradient(microBatches, 1f / labels);
                _run.Update(factor);
                unknown.Enqueue(new TakenStep(progress.Step, labels, factor));
                progress.StepSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
                bool saves = Stopwatch.GetElapsedTime(lastSave).TotalSeconds >= context.Engine.CheckpointSeconds;
                Settle(all: saves || progress.Step == phase.Batches.Steps - 1);
                if (!saves) continue;
                progress.Step++;
                Save(checkpoints, progress);
                progress.Step--;
                lastSave = Stopwatch.GetTimestamp();
            }
            // Beside the checkpoint, since the stage's unfinished output does not survive a crash.
            WriteWeights(Path.Combine(context.Scratch, WeightsName(phases, progress.Phase)));
            progress.EndPhase(phase);
            Save(checkpoints, progress);

            void Settle(bool all)
            {
                foreach (StepOutcome outcome in _run.Outcomes(all))
                {
                    TakenStep step = unknown.Dequeue();
                    if (outcome.HasDiverged) throw Diverged(phase, step.Number, outcome.Loss);
                    progress.PhaseSeconds = earlier + Stopwatch.GetElapsedTime(resumed).TotalSeconds;
                    progress.Count(step.Labels, outcome);
                    if (progress.AllSteps % interval == 0 || step.Number == phase.Batches.Steps - 1) progress.AddPoint(phase.Name, step.Factor);
                    if (outcome.LeftOut) continue;
                    context.Progress.Report(new ProgressUpdate(progress.Tokens, allLabels, phase.Batches.Unit, outcome.Loss, phase.Name));
                }
            }
        }
        for (int i = 0; i < phases.Count; i++)
            File.Copy(Path.Combine(context.Scratch, WeightsName(phases, i)), context.OutputFile(Path.Combine(TrainStage.WeightsFolder, WeightsName(phases, i))), overwrite: true);
        return new TrainingResult(progress.Finished, progress.Curve, _engine.Layout.ParameterCount);
    }

    private ParameterSlot[] Frozen(PlannedPhase phase)
    {
        ParameterSlot[] frozen = [.. _engine.Layout.Slots.Where(slot => !NamePattern.Matches(phase.Trained, slot.Name))];
        return frozen.Length < _engine.Layout.Slots.Count
            ? frozen
            : throw new InputException($"no parameter matches '{phase.Trained}', which phase '{phase.Name}' trains", fix: "give all, embeddings, norms-and-embeddings or a pattern of initializers' names, such as '*.mlp.*'");
    }

    // The order of the data and the schedule follow from the step number, so weights, optimizer state and progress are all there is.
    private void Save(CheckpointStore checkpoints, TrainingProgress progress)
    {
        _run.Download();
        checkpoints.Save(_run.State, progress.AllSteps, JsonSerializer.SerializeToElement(progress));
    }

    private TrainingProgress Restore(CheckpointStore checkpoints, StageContext context)
    {
        RestoreResult restored = checkpoints.RestoreLatest(_run.State);
        foreach (string warning in restored.Warnings) context.Progress.Note(warning);
        if (restored.Checkpoint is null) return new TrainingProgress();
        _run.Upload();
        context.Progress.Note($"resuming after step {restored.Checkpoint.Step}");
        return restored.Checkpoint.Run.Deserialize<TrainingProgress>()!;
    }

    // What is shipped: the averaged weights where averaging is on.
    private void WriteWeights(string path)
    {
        _run.Download();
        FloatBuffer weights = _run.State.Average?.Average ?? _engine.Parameters;
        SafetensorsWriter.WriteFile(path, [.. _engine.Layout.Slots.Select(slot => SafetensorsTensor.Floats(slot.Name, slot.Shape, weights, slot.Offset, slot.Length))]);
    }

    // One number a micro-batch of the whole training, so that dropout depends on the position alone.
    private ulong Seed(int step, int microBatch) => _seed + ((ulong)step << 20) + (ulong)microBatch;

    private static string WeightsName(IReadOnlyList<PlannedPhase> phases, int phase) =>
        phase == phases.Count - 1 ? TrainStage.FinalName : TrainStage.PhaseName(phase);

    private WorkException Diverged(PlannedPhase phase, int step, double loss) =>
        new($"the loss is {loss} at step {step + 1} of phase '{phase.Name}'", fix: _advice);

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();

    // A step that was taken and whose outcome may not be known yet.
    private readonly record struct TakenStep(int Number, int Labels, float Factor);
}
