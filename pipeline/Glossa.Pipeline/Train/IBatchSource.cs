using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>What the steps of a phase see. A pure function of the step number, so that a resumed run sees what an uninterrupted one sees.</summary>
public interface IBatchSource
{
    /// <summary>Number of steps.</summary>
    int Steps { get; }

    /// <summary>What <see cref="Labels"/> counts, in the plural, for the progress line: tokens, texts, pairs.</summary>
    string Unit { get; }

    /// <summary>How many labels the loss of a step is the mean over.</summary>
    int Labels(int index);

    /// <summary>The labels of all steps.</summary>
    long AllLabels => Enumerable.Range(0, Steps).Sum(step => (long)Labels(step));

    /// <summary>The micro-batches of a step.</summary>
    IReadOnlyList<MicroBatch> MicroBatches(int index);
}
