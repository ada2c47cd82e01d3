using System.Text.Json;
using Glossa.Pipeline.Progress;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Safetensors;

namespace Glossa.Pipeline.Train;

/// <summary>
/// Saves and restores everything that the next step depends on, in one file that is replaced whole: weights, optimizer state, averaged weights,
/// and where training stands. The order of the data and the schedule follow from the step number.
/// </summary>
internal sealed class TrainingState(ITrainingEngine engine, Optimizer optimizer, WeightAverage? average, string folder)
{
    private const string ProgressKey = "progress";
    private const string SignatureKey = "optimizer";
    private readonly string _file = Path.Combine(folder, "training-state.safetensors");

    /// <summary>Writes the checkpoint.</summary>
    public void Save(TrainingProgress progress)
    {
        List<SafetensorsTensor> tensors = [.. Buffers().Select(b => SafetensorsTensor.Floats(b.Name, [b.Buffer.Length], b.Buffer, 0, b.Buffer.Length))];
        tensors.Add(SafetensorsTensor.Int64s("counters", [2], new long[] { optimizer.StepCount, average?.Updates ?? 0 }));
        SafetensorsWriter.WriteFile(_file, tensors,
            [new(ProgressKey, JsonSerializer.Serialize(progress)), new(SignatureKey, optimizer.Signature)]);
    }

    /// <summary>Reads the last checkpoint; null where there is none.</summary>
    public TrainingProgress? Restore(IProgressReporter reporter)
    {
        if (!File.Exists(_file)) return null;
        using SafetensorsReader reader = SafetensorsReader.Open(_file);
        if (reader.Metadata.GetValueOrDefault(SignatureKey) != optimizer.Signature || reader.Metadata.GetValueOrDefault(ProgressKey) is not { } json)
            throw new InputException("the training checkpoint belongs to another model or optimizer", _file, "run again with --fresh");
        foreach ((string name, FloatBuffer buffer) in Buffers()) reader.ReadFloats(name, buffer.Span);
        long[] counters = reader.ReadInt64s("counters");
        optimizer.RestoreStepCount(counters[0]);
        average?.RestoreUpdates(counters[1]);
        TrainingProgress progress = JsonSerializer.Deserialize<TrainingProgress>(json)!;
        reporter.Note($"resuming after step {progress.AllSteps}");
        return progress;
    }

    /// <summary>Writes the weights that are shipped, averaged where averaging is on, under their initializers' names.</summary>
    public void WriteWeights(string path)
    {
        FloatBuffer weights = average?.Average ?? engine.Parameters;
        SafetensorsWriter.WriteFile(path, [.. engine.Layout.Slots.Select(slot => SafetensorsTensor.Floats(slot.Name, slot.Shape, weights, slot.Offset, slot.Length))]);
    }

    private IEnumerable<(string Name, FloatBuffer Buffer)> Buffers()
    {
        yield return ("parameters", engine.Parameters);
        foreach ((string name, FloatBuffer buffer) in optimizer.State) yield return (name, buffer);
        if (average is not null) yield return ("average", average.Average);
    }
}
