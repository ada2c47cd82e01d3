using Glossa.Models.Steps;
using Glossa.Pipeline.Finetune.Texts;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Finetune.Batches;

/// <summary>Rows of a micro-batch and what they are compared with.</summary>
/// <param name="Rows">Token ids.</param>
/// <param name="LabelCount">Labels that the loss counts.</param>
internal sealed record TextBatch(IReadOnlyList<int[]> Rows, int LabelCount)
{
    /// <summary>A class for each row; null where the loss takes none.</summary>
    public long[]? Classes { get; init; }

    /// <summary>A label for each token of each row; null where the loss takes none.</summary>
    public IReadOnlyList<long[]>? TokenLabels { get; init; }
}

/// <summary>Steps over encoded texts.</summary>
/// <param name="plan">Epoch and rows of every step.</param>
/// <param name="inputs">Fills the graph's inputs.</param>
/// <param name="unit">What is counted.</param>
/// <param name="make">The batch of some rows in an epoch; the same every time it is asked for.</param>
internal sealed class TextBatches(List<(int Epoch, int[][] MicroBatches)> plan, ModelInputs inputs, string unit, Func<int, int[], TextBatch> make) : IBatchSource
{
    /// <inheritdoc/>
    public int Steps => plan.Count;

    /// <inheritdoc/>
    public string Unit => unit;

    /// <inheritdoc/>
    public int Labels(int index) => Math.Max(1, plan[index].MicroBatches.Sum(rows => make(plan[index].Epoch, rows).LabelCount));

    /// <inheritdoc/>
    public IReadOnlyList<MicroBatch> MicroBatches(int index) => [.. plan[index].MicroBatches.Select(rows => Fill(make(plan[index].Epoch, rows)))];

    private MicroBatch Fill(TextBatch batch)
    {
        int length = batch.Rows.Max(row => row.Length);
        List<BatchInput> filled = inputs.Fill(batch.Rows, length);
        if (batch.Classes is { } classes) filled.Add(BatchInput.Of(StepModel.Labels, classes, classes.Length));
        if (batch.TokenLabels is { } labels) filled.Add(Padded(labels, length));
        return new MicroBatch(filled);
    }

    private static BatchInput Padded(IReadOnlyList<long[]> labels, int length)
    {
        long[] cells = new long[labels.Count * length];
        Array.Fill(cells, StepModel.IgnoredLabel);
        for (int row = 0; row < labels.Count; row++) labels[row].CopyTo(cells.AsSpan(row * length));
        return BatchInput.Of(StepModel.Labels, cells, labels.Count, length);
    }
}
