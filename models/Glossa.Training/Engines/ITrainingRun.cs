using Glossa.Training.Checkpoints;
using Glossa.Training.Parameters;

namespace Glossa.Training.Engines;

/// <summary>
/// One training on an engine: gradients, updates and their state, wherever the engine keeps them. <see cref="State"/> is the host's copy, which is that of the run itself where the run is on the host.
/// </summary>
public interface ITrainingRun : IDisposable
{
    /// <summary>Weights, moments and average on the host: as of the last <see cref="Download"/>, and what the next <see cref="Upload"/> takes over.</summary>
    TrainingState State { get; }

    /// <summary>Computes the gradient of lossWeight times the sum of the micro-batches' losses over all labels.</summary>
    /// <exception cref="InputException">A micro-batch does not fit the graph.</exception>
    /// <exception cref="WorkException">There is not enough memory.</exception>
    void Gradient(IReadOnlyList<MicroBatch> microBatches, float lossWeight);

    /// <summary>Moves the weights along that gradient. A step whose loss or norm is no number moves nothing that <see cref="Download"/> would give out before its outcome is known.</summary>
    /// <param name="rateFactor">Schedule factor of the learning rates.</param>
    void Update(float rateFactor);

    /// <summary>The outcomes of the steps since the last call, in order, so far as they are known.</summary>
    /// <param name="all">Whether to wait for those that are not.</param>
    IReadOnlyList<StepOutcome> Outcomes(bool all);

    /// <summary>Leaves parameters, their moments and their part of the norm out of every <see cref="Update"/> from now on; those that an earlier call named and this one does not move again.</summary>
    /// <exception cref="InputException">The engine moves all parameters or none.</exception>
    void Freeze(IReadOnlyCollection<ParameterSlot> parameters);

    /// <summary>Forgets moments and the number of steps; weights and average stay.</summary>
    void Reset();

    /// <summary>Brings <see cref="State"/> up to date.</summary>
    void Download();

    /// <summary>Goes on from what was written into <see cref="State"/>.</summary>
    void Upload();

    /// <summary>Times an update that moves nothing. Weights and state are as before afterwards, moments and the number of steps are zero.</summary>
    double SecondsOfUpdate();
}
