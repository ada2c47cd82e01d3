using System.Diagnostics;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>
/// Times a few steps from all over the phases, in seconds, however long a step is: of a large one it runs two micro-batches a lane. A short training is given a small part of
/// its own time.
/// </summary>
/// <param name="run">Runs them; its weights stay as they are.</param>
/// <param name="lanes">Concurrent runs.</param>
internal sealed class TrainingProbe(ITrainingRun run, int lanes)
{
    private const int Samples = 8;

    private const double LongEnough = 3, ShareOfTraining = 0.01;

    /// <summary>Expected seconds of all gradients; what the optimizer adds is the caller's to know.</summary>
    public double Seconds(IReadOnlyList<PlannedPhase> phases)
    {
        long steps = phases.Sum(phase => (long)phase.Batches.Steps);
        if (steps == 0) return 0;
        // The first runs touch their memory for the first time: they warm up.
        (IBatchSource first, int start) = At(phases, 0);
        Run(first, start);
        double seconds = 0, labels = 0, all = phases.Sum(phase => (double)phase.Batches.AllLabels);
        int count = (int)Math.Min(Samples, steps);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < count && (i == 0 || Stopwatch.GetElapsedTime(began).TotalSeconds < Math.Min(LongEnough, ShareOfTraining * Expected())); i++)
        {
            (IBatchSource batches, int step) = At(phases, i * (steps - 1) / Math.Max(1, count - 1));
            (double took, double share) = Run(batches, step);
            seconds += took;
            labels += share * batches.Labels(step);
        }
        return Expected();

        double Expected() => seconds / Math.Max(1, labels) * all;
    }

    private static (IBatchSource Batches, int Step) At(IReadOnlyList<PlannedPhase> phases, long step)
    {
        int phase = 0;
        for (; step >= phases[phase].Batches.Steps; phase++) step -= phases[phase].Batches.Steps;
        return (phases[phase].Batches, (int)step);
    }

    private (double Seconds, double Share) Run(IBatchSource batches, int step)
    {
        IReadOnlyList<MicroBatch> all = batches.MicroBatches(step);
        MicroBatch[] some = [.. all.Take(2 * lanes)];
        long began = Stopwatch.GetTimestamp();
        run.Gradient(some, 1f / Math.Max(1, batches.Labels(step)));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (seconds, some.Length == all.Count ? 1 : some.Sum(Cells) / all.Sum(Cells));
    }

    private static double Cells(MicroBatch batch) => batch.ShapeOf(MicroBatch.InputIds).Aggregate(1.0, (product, size) => product * size);
}
