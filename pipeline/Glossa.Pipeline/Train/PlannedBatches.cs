using Glossa.Data.Batches;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>The windows of a plan, filled with ids when their step comes.</summary>
/// <param name="plan">Which windows each step sees.</param>
/// <param name="assembler">Fills them.</param>
public sealed class PlannedBatches(BatchPlan plan, BatchAssembler assembler) : IBatchSource
{
    /// <inheritdoc/>
    public int Steps => plan.Steps;

    /// <inheritdoc/>
    public long AllLabels => plan.TotalPredictions;

    /// <inheritdoc/>
    public string Unit => "tokens";

    /// <inheritdoc/>
    public int Labels(int index) => plan.Predictions(index);

    /// <inheritdoc/>
    public IReadOnlyList<MicroBatch> MicroBatches(int index) => [.. plan.Step(index).Select(assembler.Assemble)];
}
