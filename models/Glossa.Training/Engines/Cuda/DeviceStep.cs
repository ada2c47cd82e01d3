using Glossa.Models.Mixed;
using Glossa.Models.Steps;
using Glossa.Training.Parameters;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Engines.Cuda;

/// <summary>
/// A training step whose weights, gradients and loss stay on a device. Micro-batches add to the same gradients one after the other; the loss lies behind them. Of weights there are two copies, of which a
/// run reads the one that it is told.
/// </summary>
internal sealed class DeviceStep : IDisposable
{
    // Shapes that recur are recorded, so many at most: each recording keeps launches and inputs in memory.
    private const int MostRecordings = 64;

    // Operators whose result has a shape that only the device knows: a recording would repeat that of its first run.
    private static readonly string[] ShapesOfData = ["NonZero", "Compress", "Unique", "NonMaxSuppression", "Loop", "If", "Scan"];

    private readonly ComputeDevice _device;
    private readonly InferenceSession _step, _zeros;
    private readonly InferenceSession? _casting;
    private readonly OrtIoBinding[] _bindings, _castBindings;
    private readonly OrtIoBinding _zeroBinding;
    private readonly DeviceMemory _weight;
    private readonly DeviceMemory? _halves;
    private readonly StepInputs _inputs;
    private readonly DropoutFactors _dropout;
    private readonly RunOptions _options = new();
    private readonly List<OrtValue> _values = [];
    private readonly Dictionary<string, BatchMemory> _recorded = [];
    private readonly HashSet<(int Number, int Copy)> _recordings = [];
    private float _lossWeight = float.NaN;

    /// <param name="device">The device.</param>
    /// <param name="step">A step with accumulation and a weighted loss.</param>
    /// <param name="precision">Format of its products.</param>
    /// <param name="layout">Places of the parameters.</param>
    /// <param name="parameters">The weights.</param>
    /// <param name="control">Memory of the loss's scale.</param>
    /// <param name="dropout">Rate of the factors that are fed to <c>dropout.*</c> inputs.</param>
    public DeviceStep(ComputeDevice device, StepModel step, StepPrecision precision, ParameterLayout layout, DevicePair parameters, DevicePair control, float dropout)
    {
        _device = device;
        _inputs = new StepInputs(step);
        _dropout = new DropoutFactors(step, dropout);
        Records = device.RecordsLaunches && !step.Model.Graph.Node.Any(node => ShapesOfData.Contains(node.OpType));
        StepModel lowered = ScaledLoss.Apply(step, scaled: precision == StepPrecision.Fp16);
        MixedStep? mixed = precision.Half() is { } format ? MixedPrecision.Apply(lowered, format, emulated: !device.MultipliesHalves) : null;
        _step = device.Load((mixed?.Step ?? lowered).Model, Records);
        _zeros = device.Load(DeviceGraphs.Zeros(layout.Length + 1), level: GraphOptimizationLevel.ORT_DISABLE_ALL);
        _weight = device.AllocateZeros(1);
        Gradients = device.AllocateZeros(layout.Length + 1);
        _zeroBinding = _zeros.CreateIoBinding();
        _zeroBinding.BindOutput(DeviceGraphs.To, Kept(Gradients.Floats(0, layout.Length + 1)));
        _bindings = [Binding(0), Binding(1)];
        _castBindings = [];
        if (mixed is null) return;
        TensorElementType stored = device.MultipliesHalves ? (TensorElementType)MixedPrecision.TypeOf(precision.Half()!.Value) : TensorElementType.Float;
        _halves = device.Allocate(layout.Length * ElementTypes.BytesOf(stored));
        _casting = device.Load(mixed.Casting);
        _castBindings = [_casting.CreateIoBinding(), _casting.CreateIoBinding()];
        foreach ((string name, long[] shape) in mixed.HalfWeights)
        {
            OrtValue half = Kept(_halves.Tensor(stored, layout[name].Offset * ElementTypes.BytesOf(stored), shape));
            for (int copy = 0; copy < 2; copy++)
            {
                _castBindings[copy].BindInput(name, Kept(parameters[copy].Floats(layout[name].Offset, shape)));
                _castBindings[copy].BindOutput(MixedStep.HalfWeight(name), half);
                _bindings[copy].BindInput(MixedStep.HalfWeight(name), half);
            }
        }

        OrtIoBinding Binding(int copy)
        {
            OrtIoBinding binding = _step.CreateIoBinding();
            foreach (ParameterSlot slot in layout.Slots)
            {
                binding.BindInput(slot.Name, Kept(parameters[copy].Floats(slot.Offset, slot.Shape)));
                OrtValue gradient = Kept(Gradients.Floats(slot.Offset, slot.Shape));
                binding.BindInput(StepModel.Accumulator(slot.Name), gradient);
                binding.BindOutput(StepModel.Gradient(slot.Name), gradient);
            }
            OrtValue loss = Kept(Gradients.Floats(layout.Length));
            binding.BindInput(ScaledLoss.Accumulator, loss);
            binding.BindOutput(StepModel.Loss, loss);
            binding.BindInput(StepModel.LossWeight, Kept(_weight.Floats(0)));
            if (precision == StepPrecision.Fp16) binding.BindInput(ScaledLoss.Scale, Kept(control[copy].Floats(1)));
            return binding;
        }
    }

    /// <summary>The gradients in the layout, then the loss; both times the loss's scale.</summary>
    public DeviceMemory Gradients { get; }

    /// <summary>Whether its runs are recorded.</summary>
    public bool Records { get; }

    /// <summary>Overwrites <see cref="Gradients"/>.</summary>
    /// <param name="microBatches">What to run.</param>
    /// <param name="lossWeight">1 over the number of labels.</param>
    /// <param name="copy">The copy of the weights to read.</param>
    public void Run(IReadOnlyList<MicroBatch> microBatches, float lossWeight, int copy)
    {
        foreach (MicroBatch batch in microBatches) _inputs.Check(batch);
        if (lossWeight != _lossWeight) _device.Upload([_lossWeight = lossWeight], _weight);
        if (_casting is not null) _device.Run(_casting, _castBindings[copy], recording: 0);
        foreach (MicroBatch batch in microBatches.Where(_ => Records)) Run(batch, copy, isFirstPass: true);
        _zeros.RunWithBinding(_options, _zeroBinding);
        foreach (MicroBatch batch in microBatches) Run(batch, copy, isFirstPass: false);
    }

    public void Dispose()
    {
        foreach (OrtIoBinding binding in _bindings.Concat(_castBindings)) binding.Dispose();
        _zeroBinding.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
        foreach (BatchMemory memory in _recorded.Values) memory.Dispose();
        _step.Dispose();
        _zeros.Dispose();
        _casting?.Dispose();
        _options.Dispose();
        _dropout.Dispose();
        _weight.Dispose();
        _halves?.Dispose();
        Gradients.Dispose();
    }

    // The first pass makes the recordings that are missing, which adds to the gradients more than once; they are cleared behind it.
    private void Run(MicroBatch batch, int copy, bool isFirstPass)
    {
        List<(string Name, OrtValue Value)> values = [.. batch.Inputs.Select(input => (input.Name, input.ToOrtValue())), .. _dropout.Draw(batch)];
        try
        {
            BatchMemory memory = MemoryOf(values);
            try
            {
                bool isNew = memory.Number > 0 && _recordings.Add((memory.Number, copy));
                if (isFirstPass && !isNew) return;
                memory.Upload(values);
                memory.BindTo(_bindings[copy]);
                _device.Run(_step, _bindings[copy], memory.Number == 0 ? 0 : (2 * memory.Number) + copy);
            }
            finally
            {
                if (memory.Number == 0) memory.Dispose();
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfRun(e, batch);
        }
        finally
        {
            foreach ((_, OrtValue value) in values) value.Dispose();
        }
    }

    private BatchMemory MemoryOf(List<(string Name, OrtValue Value)> values)
    {
        if (!Records) return new BatchMemory(_device, values, 0);
        string key = BatchMemory.KeyOf(values);
        if (_recorded.TryGetValue(key, out BatchMemory? known)) return known;
        if (_recorded.Count == MostRecordings) return new BatchMemory(_device, values, 0);
        return _recorded[key] = new BatchMemory(_device, values, _recorded.Count + 1);
    }

    private OrtValue Kept(OrtValue value)
    {
        _values.Add(value);
        return value;
    }
}
