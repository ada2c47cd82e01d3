using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Verification;

/// <summary>Runs a training step of any inputs: parameters and gradients lie in one span each. Not thread-safe.</summary>
public sealed class StepRunner : IDisposable
{
    private readonly StepModel _step;
    private readonly bool _accumulates;
    private readonly RunOptions _run = new();
    private readonly List<OrtValue> _values = [];
    private readonly FloatBuffer _loss = new(1);
    private readonly BoundSession _whole;
    private BoundSession? _lossAlone;

    /// <summary>Loads a step, whose parameters are zero until <see cref="Load"/> or the caller fills them.</summary>
    /// <exception cref="InputException">ONNX Runtime refuses the graph.</exception>
    public StepRunner(StepModel step)
    {
        ArgumentNullException.ThrowIfNull(step);
        _step = step;
        Layout = new ParameterLayout(step.Parameters);
        (Parameters, Gradients) = (new FloatBuffer(Layout.Length), new FloatBuffer(Layout.Length));
        HashSet<string> inputs = [.. step.Model.Graph.Input.Select(input => input.Name)];
        _accumulates = step.Parameters.Any(parameter => inputs.Contains(StepModel.Accumulator(parameter.Name)));
        _whole = Bind(step.Model);
        foreach (ParameterSlot slot in Layout.Slots)
        {
            OrtValue gradient = Kept(Gradients.Tensor(slot.Offset, slot.Shape));
            if (_accumulates) _whole.Binding.BindInput(StepModel.Accumulator(slot.Name), gradient);
            _whole.Binding.BindOutput(StepModel.Gradient(slot.Name), gradient);
        }
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
        if (_accumulates) Gradients.Span.Clear();
        return Run(_whole, feeds);
    }

    /// <summary>Computes the loss alone, by a graph that holds nothing else.</summary>
    /// <inheritdoc cref="Run(IReadOnlyCollection{FeedTensor})"/>
    public double Loss(IReadOnlyCollection<FeedTensor> feeds) => Run(_lossAlone ??= Bind(LossAlone()), feeds);

    /// <inheritdoc/>
    public void Dispose()
    {
        _whole.Dispose();
        _lossAlone?.Dispose();
        _values.ForEach(value => value.Dispose());
        _run.Dispose();
        _loss.Dispose();
        Parameters.Dispose();
        Gradients.Dispose();
    }

    private double Run(BoundSession bound, IReadOnlyCollection<FeedTensor> feeds)
    {
        FeedCheck.Require(_step, feeds);
        MicroBatch batch = new([.. feeds.Where(feed => bound.Session.InputMetadata.ContainsKey(feed.Name)).Select(feed => feed.ToInput())]);
        List<OrtValue> values = [];
        try
        {
            foreach (BatchInput input in batch.Inputs)
            {
                values.Add(input.ToOrtValue());
                bound.Binding.BindInput(input.Name, values[^1]);
            }
            bound.Session.RunWithBinding(_run, bound.Binding);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfRun(e, batch);
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
        return _loss.Span[0];
    }

    private ModelProto LossAlone()
    {
        ModelProto model = _step.Model.Clone();
        ValueInfoProto loss = model.Graph.Output.First(output => output.Name == StepModel.Loss);
        model.Graph.Output.Clear();
        model.Graph.Output.Add(loss);
        GraphCleaning.DropUnread(model.Graph);
        ValueInfoProto[] inputs = [.. model.Graph.Input.Where(input => _step.Parameters.All(parameter => input.Name != StepModel.Accumulator(parameter.Name)))];
        model.Graph.Input.Clear();
        model.Graph.Input.AddRange(inputs);
        return model;
    }

    private BoundSession Bind(ModelProto model)
    {
        InferenceSession session = RuntimeSession.Open(model);
        OrtIoBinding binding = session.CreateIoBinding();
        foreach (ParameterSlot slot in Layout.Slots) binding.BindInput(slot.Name, Kept(Parameters.Tensor(slot.Offset, slot.Shape)));
        binding.BindOutput(StepModel.Loss, Kept(_loss.Tensor(0)));
        return new BoundSession(session, binding);
    }

    private OrtValue Kept(OrtValue value)
    {
        _values.Add(value);
        return value;
    }

    private sealed record BoundSession(InferenceSession Session, OrtIoBinding Binding) : IDisposable
    {
        public void Dispose()
        {
            Binding.Dispose();
            Session.Dispose();
        }
    }
}
