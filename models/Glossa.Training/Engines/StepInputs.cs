using Glossa.Models.Steps;

namespace Glossa.Training.Engines;

/// <summary>The inputs of a step that a micro-batch has to fill, and what they declare.</summary>
internal sealed class StepInputs
{
    private readonly Dictionary<string, int> _ranks;

    public StepInputs(StepModel step)
    {
        HashSet<string> filled = [StepModel.LossWeight, .. step.Parameters.Select(p => p.Name), .. step.Parameters.Select(p => StepModel.Accumulator(p.Name))];
        _ranks = step.Model.Graph.Input
            .Where(input => !filled.Contains(input.Name) && !input.Name.StartsWith(DropoutFactors.Prefix, StringComparison.Ordinal))
            .ToDictionary(input => input.Name, input => input.Type.TensorType.Shape?.Dim.Count ?? 0);
    }

    /// <summary>Says in words what the runtime would otherwise say about a missing, unknown or wrongly shaped input.</summary>
    /// <exception cref="InputException">The micro-batch does not fill the step's inputs.</exception>
    public void Check(MicroBatch batch)
    {
        int known = 0;
        foreach (BatchInput input in batch.Inputs)
        {
            if (!_ranks.TryGetValue(input.Name, out int rank)) throw new InputException($"the graph has no input '{input.Name}'", fix: $"it takes {string.Join(", ", _ranks.Keys)}");
            if (rank != input.Shape.Count)
                throw new InputException($"the input {input} has {input.Shape.Count} dimensions, the graph declares {rank}", fix: $"give '{input.Name}' the shape that the graph declares");
            known++;
        }
        if (known == _ranks.Count) return;
        string missing = _ranks.Keys.First(name => batch.Inputs.All(input => input.Name != name));
        throw new InputException($"the graph takes the input '{missing}', which nothing fills", fix: "export the graph without it");
    }
}
