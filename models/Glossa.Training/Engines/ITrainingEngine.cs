using Glossa.Training.Parameters;

namespace Glossa.Training.Engines;

/// <summary>
/// Runs the training step of a model over micro-batches. One process on one machine implements it today; an engine that shares the
/// micro-batches with other ranks and sums <see cref="Gradients"/>, one contiguous span, in one all-reduce fits the same interface.
/// </summary>
public interface ITrainingEngine : IDisposable
{
    /// <summary>Place of every trainable tensor in the spans.</summary>
    ParameterLayout Layout { get; }

    /// <summary>The weights that the next run reads; the optimizer writes them.</summary>
    FloatBuffer Parameters { get; }

    /// <summary>The gradient of the last <see cref="Run"/>.</summary>
    FloatBuffer Gradients { get; }

    /// <summary>
    /// Overwrites <see cref="Gradients"/> with the gradient of lossWeight times the sum of the micro-batches' losses over all labels,
    /// and gives that loss. The same micro-batches in the same order give the same bits.
    /// </summary>
    /// <exception cref="InputException">A micro-batch does not fit the graph.</exception>
    /// <exception cref="WorkException">There is not enough memory.</exception>
    double Run(IReadOnlyList<MicroBatch> microBatches, float lossWeight);

    /// <summary>
    /// Begins a training from <see cref="Parameters"/>. This one lets the host's optimizer walk over <see cref="Gradients"/>; an engine with memory of its own keeps weights and moments there instead.
    /// Until the run's next <see cref="ITrainingRun.Download"/>, <see cref="Parameters"/> may then be older than what it trains.
    /// </summary>
    /// <exception cref="InputException">A setting is out of range, or no group takes a parameter.</exception>
    ITrainingRun Begin(UpdateRules rules) => new HostTraining(this, rules);
}
