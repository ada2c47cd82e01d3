using System.Numerics.Tensors;
using Glossa.Models.Steps;
using Glossa.Training.Optimizers.Graph;
using Glossa.Training.Parameters;

namespace Glossa.Training.Engines.Cuda;

/// <summary>
/// The training step on a GPU: weights, moments and gradients stay in its memory, the optimizer is a second graph, products may be of 16 bits, launches are recorded as CUDA graphs. What the host sees is
/// copied when it asks: by <see cref="Run"/>, which brings weights there and gradients back, or by a training's <see cref="ITrainingRun.Download"/>.
/// </summary>
public sealed class CudaEngine : ITrainingEngine
{
    private readonly DevicePair _parameters, _control;
    private readonly DeviceStep _step;
    private DeviceTraining? _training;

    /// <summary>Loads a step built with accumulation and a weighted loss; best also with <see cref="StepOptions.StaticShapes"/>, without which nothing is recorded.</summary>
    /// <param name="step">The training step.</param>
    /// <param name="initial">Start values by parameter name.</param>
    /// <param name="device">Where it runs; the engine disposes it.</param>
    /// <param name="precision">Format of the matrix products.</param>
    /// <param name="dropout">Rate of the factors that are fed to <c>dropout.*</c> inputs.</param>
    /// <exception cref="InputException">The runtime does not take the step on this device.</exception>
    /// <exception cref="WorkException">The device has too little memory.</exception>
    public CudaEngine(StepModel step, IReadOnlyDictionary<string, float[]> initial, ComputeDevice device, StepPrecision precision = StepPrecision.Fp32, float dropout = 0)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(device);
        (Device, Precision) = (device, precision);
        Layout = new ParameterLayout(step.Parameters);
        Parameters = new FloatBuffer(Layout.Length);
        Gradients = new FloatBuffer(Layout.Length);
        foreach (ParameterSlot slot in Layout.Slots) initial[slot.Name].AsSpan().CopyTo(Parameters.Slice(slot));
        _parameters = new DevicePair(device, Layout.Length);
        _control = new DevicePair(device, 3);
        Scaling = precision == StepPrecision.Fp16 ? new LossScaling() : null;
        device.Upload([0, Scaling?.Initial ?? 1, 0], _control[0]);
        _step = new DeviceStep(device, step, precision, Layout, _parameters, _control, dropout);
    }

    /// <inheritdoc/>
    public ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public FloatBuffer Parameters { get; }

    /// <inheritdoc/>
    public FloatBuffer Gradients { get; }

    /// <summary>Format of the matrix products.</summary>
    public StepPrecision Precision { get; }

    /// <summary>Whether runs of the step are recorded.</summary>
    public bool Records => _step.Records;

    /// <summary>How the loss is scaled; null where it is not.</summary>
    internal LossScaling? Scaling { get; init; }

    /// <summary>The copy of weights and control that graphs read next.</summary>
    internal int Copy { get; set; }

    internal ComputeDevice Device { get; }

    /// <inheritdoc/>
    public double Run(IReadOnlyList<MicroBatch> microBatches, float lossWeight)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        _training?.DownloadIfAhead();
        Device.Upload(Parameters.Span, _parameters[Copy]);
        _step.Run(microBatches, lossWeight, Copy);
        Span<float> control = stackalloc float[3], loss = stackalloc float[1];
        Device.Download(_control[Copy], control);
        Device.Download(_step.Gradients, Gradients.Span);
        Device.Download(_step.Gradients, loss, Layout.Length);
        if (control[1] != 1) TensorPrimitives.Divide(Gradients.Span, control[1], Gradients.Span);
        return loss[0] / control[1];
    }

    /// <inheritdoc/>
    public ITrainingRun Begin(UpdateRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return _training = new DeviceTraining(this, rules, _step, _parameters, _control);
    }

    /// <summary>Forgets a training that ended.</summary>
    internal void End(DeviceTraining training)
    {
        if (_training == training) _training = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        _parameters.Dispose();
        _control.Dispose();
        Device.Dispose();
        Parameters.Dispose();
        Gradients.Dispose();
    }
}
