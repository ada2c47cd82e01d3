using System.Numerics.Tensors;
using Glossa.Models.OrtTraining;
using Glossa.Models.Steps;
using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines.OrtTraining;

/// <summary>
/// Lets ONNX Runtime Training run the step: micro-batches one after the other, their gradients added up by the runtime.
/// </summary>
/// <remarks>
/// The runtime gives no gradient out, and has two optimizers only. What it gives out is parameters: where they are zero and plain gradient descent takes a step of
/// rate 1, they are the gradient with its sign changed, to the bit. So every optimizer, clipping, average and checkpoint of this library works on this engine as well.
/// </remarks>
public sealed class OrtTrainingEngine : ITrainingEngine
{
    private readonly string _folder;
    private readonly ITrainingRuntime _runtime;
    private readonly StepInputs _inputs;
    private readonly DropoutFactors _dropout;
    private readonly string[] _order;
    private readonly float[] _packed, _zeros;
    private readonly float[] _weight = new float[1];

    /// <summary>Writes the artifacts of a step and starts a session over them.</summary>
    /// <param name="step">A step built with a weighted loss and without accumulation: the runtime accumulates.</param>
    /// <param name="initial">Start values by parameter name.</param>
    /// <param name="open">Opens a folder of artifacts, which lives as long as the engine.</param>
    /// <param name="dropout">Rate of the factors that are fed to <c>dropout.*</c> inputs.</param>
    /// <exception cref="InputException">The runtime cannot train the step, or this build has no such runtime.</exception>
    public OrtTrainingEngine(StepModel step, IReadOnlyDictionary<string, float[]> initial, Func<string, ITrainingRuntime> open, float dropout = 0)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(open);
        Layout = new ParameterLayout(step.Parameters);
        _inputs = new StepInputs(step);
        _dropout = new DropoutFactors(step, dropout);
        _order = [.. step.Model.Graph.Input.Select(input => input.Name).Where(name => !Layout.Contains(name))];
        _packed = new float[Layout.ParameterCount];
        _zeros = new float[Layout.ParameterCount];
        _folder = Directory.CreateTempSubdirectory("glossa-ort-training").FullName;
        try
        {
            ArtifactFolder.Write(_folder, ArtifactBuilder.OfStep(step, initial));
            _runtime = open(_folder);
        }
        catch
        {
            Directory.Delete(_folder, true);
            throw;
        }
        Parameters = new FloatBuffer(Layout.Length);
        Gradients = new FloatBuffer(Layout.Length);
        foreach (ParameterSlot slot in Layout.Slots) initial[slot.Name].AsSpan().CopyTo(Parameters.Slice(slot));
    }

    /// <inheritdoc/>
    public ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public FloatBuffer Parameters { get; }

    /// <inheritdoc/>
    public FloatBuffer Gradients { get; }

    /// <inheritdoc/>
    public double Run(IReadOnlyList<MicroBatch> microBatches, float lossWeight)
    {
        ArgumentNullException.ThrowIfNull(microBatches);
        _weight[0] = lossWeight;
        Pack(Parameters);
        _runtime.WriteParameters(_packed);
        _runtime.LazyResetGrad();
        double loss = 0;
        foreach (MicroBatch batch in microBatches) loss += Run(batch);
        _runtime.WriteParameters(_zeros);
        _runtime.OptimizerStep(learningRate: 1);
        _runtime.ReadParameters(_packed);
        UnpackNegated(Gradients);
        return loss;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runtime.Dispose();
        _dropout.Dispose();
        Parameters.Dispose();
        Gradients.Dispose();
        Directory.Delete(_folder, true);
    }

    private float Run(MicroBatch batch)
    {
        _inputs.Check(batch);
        Dictionary<string, OrtValue> values = batch.Inputs.ToDictionary(input => input.Name, input => input.ToOrtValue());
        try
        {
            foreach ((string name, OrtValue value) in _dropout.Draw(batch)) values.Add(name, value);
            values.Add(StepModel.LossWeight, OrtValue.CreateTensorValueFromMemory(_weight, []));
            return _runtime.TrainStep([.. _order.Select(name => values[name])]);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfRun(e, batch);
        }
        finally
        {
            foreach (OrtValue value in values.Values) value.Dispose();
        }
    }

    // The runtime's span has no gaps between tensors, the layout's has.
    private void Pack(FloatBuffer buffer)
    {
        int at = 0;
        foreach (ParameterSlot slot in Layout.Slots)
        {
            buffer.Slice(slot).CopyTo(_packed.AsSpan(at));
            at += slot.Length;
        }
    }

    private void UnpackNegated(FloatBuffer buffer)
    {
        int at = 0;
        foreach (ParameterSlot slot in Layout.Slots)
        {
            TensorPrimitives.Negate(_packed.AsSpan(at, slot.Length), buffer.Slice(slot));
            at += slot.Length;
        }
    }
}
