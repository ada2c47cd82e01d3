using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Parameters;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Verification;

/// <summary>Runs a training step of any inputs: parameters and gradients lie in one span each. Not thread-safe.</summary>
public sealed class StepRunner : IDisposable
{
    private readonly StepModel _step;
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _run = new();
    private readonly List<OrtValue> _values = [];
    private readonly FloatBuffer _loss = new(1);
    private readonly bool _accumulates;

    /// <summary>Loads a step, whose parameters are zero until <see cref="Load"/> or the caller fills them.</summary>
    /// <exception cref="InputException">ONNX Runtime refuses the graph.</exception>
    public StepRunner(StepModel step)
    {
        ArgumentNullException.ThrowIfNull(step);
        _step = step;
        Layout = new ParameterLayout(step.Parameters);
        (Parameters, Gradients) = (new FloatBuffer(Layout.Length), new FloatBuffer(Layout.Length));
        _session = RuntimeSession.Open(step.Model);
        _binding = _session.CreateIoBinding();
        _accumulates = step.Parameters.Count > 0 && _session.InputMetadata.ContainsKey(StepModel.Accumulator(step.Parameters[0].Name));
        foreach (ParameterSlot slot in Layout.Slots)
        {
            _binding.BindInput(slot.Name, Tensor(Parameters, slot.Offset, slot.Length, slot.Shape));
            OrtValue gradient = Tensor(Gradients, slot.Offset, slot.Length, slot.Shape);
            if (_accumulates) _binding.BindInput(StepModel.Accumulator(slot.Name), gradient);
            _binding.BindOutput(StepModel.Gradient(slot.Name), gradient);
        }
        _binding.BindOutput(StepModel.Loss, Tensor(_loss, 0, 1, []));
    }

    /// <summary>Place of every parameter in the spans.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The weights that the next run reads.</summary>
    public FloatBuffer Parameters { get; }

    /// <summary>The gradient of the last run.</summary>
    public FloatBuffer Gradients { get; }

    /// <summary>Takes start values from a graph's initializers.</summary>
    public void Load(GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        foreach (TensorProto tensor in graph.Initializer.Where(tensor => Layout.Contains(tensor.Name)))
            OnnxFactory.Floats(tensor).AsSpan().CopyTo(Parameters.Slice(Layout[tensor.Name]));
    }

    /// <summary>Computes the loss and overwrites <see cref="Gradients"/>.</summary>
    /// <exception cref="InputException">A feed is missing or has a wrong shape, or the graph cannot be run with it.</exception>
    public double Run(IReadOnlyCollection<FeedTensor> feeds)
    {
        FeedCheck.Require(_step, feeds);
        if (_accumulates) Gradients.Span.Clear();
        List<OrtValue> values = [];
        try
        {
            foreach (FeedTensor feed in feeds.Where(feed => _session.InputMetadata.ContainsKey(feed.Name)))
            {
                values.Add(feed.ToRuntime());
                _binding.BindInput(feed.Name, values[^1]);
            }
            _session.RunWithBinding(_run, _binding);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeSession.Failed(e);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
        return _loss.Span[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        _values.ForEach(value => value.Dispose());
        _session.Dispose();
        _run.Dispose();
        _loss.Dispose();
        Parameters.Dispose();
        Gradients.Dispose();
    }

    private OrtValue Tensor(FloatBuffer buffer, int offset, int length, long[] shape)
    {
        OrtValue value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape,
            buffer.Address + ((nint)offset * sizeof(float)), (long)length * sizeof(float));
        _values.Add(value);
        return value;
    }
}
