using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Safetensors;

namespace Glossa.Training.Checkpoints;

/// <summary>The live objects that a checkpoint saves and restores in place.</summary>
/// <param name="Layout">Names, shapes and places of the parameters.</param>
/// <param name="Parameters">The weights.</param>
/// <param name="Optimizer">The optimizer with its moments.</param>
/// <param name="Average">The average of the weights; null where the run keeps none.</param>
/// <param name="LossScale">The scale of the loss and the good steps since it changed; null where the loss is not scaled.</param>
public sealed record TrainingState(ParameterLayout Layout, FloatBuffer Parameters, Optimizer Optimizer, WeightAverage? Average = null, FloatBuffer? LossScale = null)
{
    private const string LossScaleName = "loss_scale";

    private const string ParameterPrefix = "parameter/";
    private const string AveragePrefix = "average/";
    private const string OptimizerPrefix = "optimizer/";

    /// <summary>Every stretch of floats that a checkpoint holds, by its name in the file: weights and average by tensor, moments whole.</summary>
    internal IEnumerable<(string Name, long[] Shape, FloatBuffer Buffer, int Offset, int Length)> Stretches()
    {
        foreach (ParameterSlot slot in Layout.Slots) yield return (ParameterPrefix + slot.Name, slot.Shape, Parameters, slot.Offset, slot.Length);
        if (Average is not null)
            foreach (ParameterSlot slot in Layout.Slots) yield return (AveragePrefix + slot.Name, slot.Shape, Average.Average, slot.Offset, slot.Length);
        foreach ((string name, FloatBuffer buffer) in Optimizer.State) yield return (OptimizerPrefix + name, [buffer.Length], buffer, 0, buffer.Length);
        if (LossScale is not null) yield return (LossScaleName, [LossScale.Length], LossScale, 0, LossScale.Length);
    }

    /// <summary>The tensors to write.</summary>
    internal List<SafetensorsTensor> Tensors() =>
        [.. Stretches().Select(s => SafetensorsTensor.Floats(s.Name, s.Shape, s.Buffer, s.Offset, s.Length))];

    /// <summary>Says how a file's tensors differ from this state's; null where they are the same.</summary>
    internal string? Difference(SafetensorsReader reader)
    {
        HashSet<string> wanted = [];
        foreach ((string name, long[] shape, _, _, _) in Stretches())
        {
            wanted.Add(name);
            if (!reader.Contains(name)) return $"it has no tensor '{name}'";
            SafetensorsEntry entry = reader.Entry(name);
            if (entry.Type != SafetensorsType.F32 || !entry.Shape.AsSpan().SequenceEqual(shape))
                return $"its tensor '{name}' is {entry.Type} [{string.Join(", ", entry.Shape)}], this run's is F32 [{string.Join(", ", shape)}]";
        }
        SafetensorsEntry? extra = reader.Entries.FirstOrDefault(entry => !wanted.Contains(entry.Name));
        return extra is null ? null : $"its tensor '{extra.Name}' is none of this run's";
    }

    /// <summary>Overwrites this state by a file's, which <see cref="Difference"/> found to have the same tensors.</summary>
    internal void ReadFrom(SafetensorsReader reader)
    {
        foreach ((string name, _, FloatBuffer buffer, int offset, int length) in Stretches())
            reader.ReadFloats(name, buffer.Span.Slice(offset, length));
    }
}
