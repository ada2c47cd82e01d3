using System.Diagnostics;
using Glossa.Training.Checkpoints;
using Glossa.Training.Optimizers;
using Glossa.Training.Optimizers.Graph;
using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Engines.Cuda;

/// <summary>
/// A training that stays on the device: the optimizer is a graph over the same memory as the step. The host's optimizer and average are the copies that checkpoints are made of; they compute nothing.
/// Outcomes are read many at once, since each read waits for the device.
/// </summary>
internal sealed class DeviceTraining : ITrainingRun
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(0.5);

    private readonly CudaEngine _engine;
    private readonly ComputeDevice _device;
    private readonly DeviceStep _step;
    private readonly DevicePair _control;
    private readonly Optimizer _host;
    private readonly WeightAverage? _average;
    private readonly FloatBuffer? _scale;
    private readonly InferenceSession _session;
    private readonly OrtIoBinding[] _bindings;
    private readonly Dictionary<OptimizerBuffer, DevicePair> _pairs = [];
    private readonly Dictionary<OptimizerBuffer, DeviceMemory> _single = [];
    private readonly List<OrtValue> _values = [];
    private readonly OptimizerGraphOptions _options;
    private int _pending;
    private long _lastRead = Stopwatch.GetTimestamp();
    private bool _ahead;

    public DeviceTraining(CudaEngine engine, UpdateRules rules, DeviceStep step, DevicePair parameters, DevicePair control)
    {
        (_engine, _device, _step, _control) = (engine, engine.Device, step, control);
        _host = new Optimizer(engine.Layout, rules.Optimizer, null, rules.Transposed);
        _average = rules.Ema > 0 ? new WeightAverage(engine.Layout, (float)rules.Ema, warmUp: true) : null;
        _options = new OptimizerGraphOptions
        {
            Clip = (float)rules.Clip,
            Average = _average is not null,
            Masked = rules.Selection is not null,
            Scaling = engine.Scaling,
            Transposed = rules.Transposed,
        };
        if (engine.Scaling is { } scaling)
        {
            _scale = new FloatBuffer(2);
            _scale.Span[0] = scaling.Initial;
        }
        OptimizerModel model = OptimizerGraph.Build(engine.Layout, _host.Groups, _options);
        Allocate(model, parameters, rules);
        _session = _device.Load(model.Model, recorded: true);
        _bindings = [Binding(model, 0), Binding(model, 1)];
        Upload();
    }

    public TrainingState State => new(_engine.Layout, _engine.Parameters, _host, _average, _scale);

    public void Gradient(IReadOnlyList<MicroBatch> microBatches, float lossWeight) => _step.Run(microBatches, lossWeight, _engine.Copy);

    public void Update(float rateFactor)
    {
        if (_pending == _options.History) throw new InvalidOperationException("the outcomes of earlier steps have to be taken first");
        _device.Upload(OptimizerGraph.Rates(_host.Groups, rateFactor, _average?.NextKept ?? 0), _single[OptimizerBuffer.Rates]);
        // It reads one copy and writes the other, so that a recording's first run, which runs it twice, does no harm.
        _device.Run(_session, _bindings[_engine.Copy], recording: _engine.Copy + 1);
        _engine.Copy = 1 - _engine.Copy;
        if (_average is not null) _average.Updates++;
        _pending++;
        _ahead = true;
    }

    public IReadOnlyList<StepOutcome> Outcomes(bool all)
    {
        if (_pending == 0 || (!all && _pending < _options.History && Stopwatch.GetElapsedTime(_lastRead) < LongestWait)) return [];
        float[] history = new float[_options.History * OptimizerModel.HistoryColumns];
        _device.Download(_pairs[OptimizerBuffer.History][_engine.Copy], history);
        StepOutcome[] outcomes = [.. history.Chunk(OptimizerModel.HistoryColumns).TakeLast(_pending).Select(row => new StepOutcome(row[0], row[1], row[2] != 0))];
        (_pending, _lastRead) = (0, Stopwatch.GetTimestamp());
        return outcomes;
    }

    // The graph of the optimizer has every parameter in it.
    public void Freeze(IReadOnlyCollection<ParameterSlot> parameters)
    {
        if (parameters.Count > 0) throw new InputException("this engine trains all parameters in every phase", fix: "remove the phases' train, or train with engine.kind cpu");
    }

    public void Reset()
    {
        DownloadIfAhead();
        _host.Reset();
        Upload();
    }

    public void Download()
    {
        foreach ((FloatBuffer host, DevicePair device) in Mirrors()) _device.Download(device[_engine.Copy], host.Span);
        float[] control = new float[3];
        _device.Download(_control[_engine.Copy], control);
        _host.StepCount = (long)control[0];
        if (_scale is not null) control.AsSpan(1).CopyTo(_scale.Span);
        _ahead = false;
    }

    /// <summary>Brings the host up to date where the device has gone on.</summary>
    public void DownloadIfAhead()
    {
        if (_ahead) Download();
    }

    public void Upload()
    {
        foreach ((FloatBuffer host, DevicePair device) in Mirrors()) _device.Upload(host.Span, device[_engine.Copy]);
        _device.Upload([_host.StepCount, _scale?.Span[0] ?? 1, _scale?.Span[1] ?? 0], _control[_engine.Copy]);
        _ahead = false;
    }

    public double SecondsOfUpdate()
    {
        DownloadIfAhead();
        long began = 0, updates = _average?.Updates ?? 0;
        for (int i = 0; i < 3; i++)
        {
            began = Stopwatch.GetTimestamp();
            Update(0);
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (_average is not null) _average.Updates = updates;
        _pending = 0;
        _host.Reset();
        Upload();
        return seconds;
    }

    public void Dispose()
    {
        _engine.End(this);
        foreach (OrtIoBinding binding in _bindings) binding.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
        _session.Dispose();
        foreach ((OptimizerBuffer buffer, DevicePair pair) in _pairs)
            if (buffer is not (OptimizerBuffer.Parameters or OptimizerBuffer.Control)) pair.Dispose();
        foreach ((OptimizerBuffer buffer, DeviceMemory memory) in _single)
            if (buffer != OptimizerBuffer.Gradients) memory.Dispose();
        _host.Dispose();
        _average?.Dispose();
        _scale?.Dispose();
    }

    private void Allocate(OptimizerModel model, DevicePair parameters, UpdateRules rules)
    {
        _pairs[OptimizerBuffer.Parameters] = parameters;
        _pairs[OptimizerBuffer.Control] = _control;
        _single[OptimizerBuffer.Gradients] = _step.Gradients;
        foreach (OptimizerBuffer buffer in (OptimizerBuffer[])[OptimizerBuffer.Momentum, OptimizerBuffer.SecondMoment, OptimizerBuffer.Average, OptimizerBuffer.History])
            if (model.Length(buffer) is > 0 and int length) _pairs[buffer] = new DevicePair(_device, length);
        _single[OptimizerBuffer.Rates] = _device.AllocateZeros(model.Length(OptimizerBuffer.Rates));
        if (rules.Selection is not { } selection) return;
        _single[OptimizerBuffer.Mask] = _device.AllocateZeros(selection.Mask.Length);
        _device.Upload(selection.Mask.Span, _single[OptimizerBuffer.Mask]);
    }

    private OrtIoBinding Binding(OptimizerModel model, int copy)
    {
        OrtIoBinding binding = _session.CreateIoBinding();
        foreach (OptimizerTensor tensor in model.Tensors)
        {
            DeviceMemory memory = _pairs.TryGetValue(tensor.Buffer, out DevicePair? pair) ? pair[copy] : _single[tensor.Buffer];
            _values.Add(memory.Floats(tensor.Offset, tensor.Shape));
            binding.BindInput(tensor.Input, _values[^1]);
            if (tensor.Output is null) continue;
            _values.Add(pair![1 - copy].Floats(tensor.Offset, tensor.Shape));
            binding.BindOutput(tensor.Output, _values[^1]);
        }
        return binding;
    }

    // The host's buffers and the device's that hold the same.
    private IEnumerable<(FloatBuffer Host, DevicePair Device)> Mirrors()
    {
        yield return (_engine.Parameters, _pairs[OptimizerBuffer.Parameters]);
        foreach ((string name, FloatBuffer buffer) in _host.State)
            if (_pairs.TryGetValue(name == "momentum" ? OptimizerBuffer.Momentum : OptimizerBuffer.SecondMoment, out DevicePair? moments)) yield return (buffer, moments);
        if (_average is not null) yield return (_average.Average, _pairs[OptimizerBuffer.Average]);
    }
}
