using Glossa.Models.Steps;
using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines;

/// <summary>One concurrent run of a training step, with its own binding, loss and gradient span; parameters are read in place.</summary>
internal sealed class StepWorker : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _run = new();
    private readonly List<OrtValue> _values = [];
    private readonly float[] _weight = new float[1];
    private readonly FloatBuffer _loss = new(1);
    private readonly StepInputs _inputs;
    private readonly DropoutFactors _dropout;

    public StepWorker(InferenceSession session, StepModel step, ParameterLayout layout, FloatBuffer parameters, float dropout)
    {
        _dropout = new DropoutFactors(step, dropout);
        _session = session;
        _inputs = new StepInputs(step);
        _binding = session.CreateIoBinding();
        Gradients = new FloatBuffer(layout.Length);
        foreach (ParameterSlot slot in layout.Slots)
        {
            _binding.BindInput(slot.Name, Kept(parameters.Tensor(slot.Offset, slot.Shape)));
            OrtValue gradient = Kept(Gradients.Tensor(slot.Offset, slot.Shape));
            _binding.BindInput(StepModel.Accumulator(slot.Name), gradient);
            _binding.BindOutput(StepModel.Gradient(slot.Name), gradient);
        }
        _binding.BindOutput(StepModel.Loss, Kept(_loss.Tensor(0)));
        _binding.BindInput(StepModel.LossWeight, Kept(OrtValue.CreateTensorValueFromMemory(_weight, [])));
    }

    public FloatBuffer Gradients { get; }

    public double Run(MicroBatch batch, float lossWeight)
    {
        _inputs.Check(batch);
        _weight[0] = lossWeight;
        List<(string Name, OrtValue Value)> values = [.. batch.Inputs.Select(input => (input.Name, input.ToOrtValue())), .. _dropout.Draw(batch)];
        try
        {
            foreach ((string name, OrtValue value) in values) _binding.BindInput(name, value);
            _session.RunWithBinding(_run, _binding);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfRun(e, batch);
        }
        finally
        {
            foreach ((_, OrtValue value) in values) value.Dispose();
        }
        return _loss.Span[0];
    }

    public void Dispose()
    {
        _binding.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
        _run.Dispose();
        _loss.Dispose();
        _dropout.Dispose();
        Gradients.Dispose();
    }

    private OrtValue Kept(OrtValue value)
    {
        _values.Add(value);
        return value;
    }
}
