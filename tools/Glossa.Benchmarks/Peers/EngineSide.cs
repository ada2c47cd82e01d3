using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Safetensors;

namespace Glossa.Benchmarks.Peers;

/// <summary>Glossa's side: a finished step, its engine and its optimizer.</summary>
internal sealed class EngineSide : ISteppedModel
{
    public const string StepFile = "step.onnx";

    private readonly CpuEngine _engine;
    private readonly WorkerPool _pool;
    private readonly Optimizer _optimizer;
    private readonly MicroBatch[] _microBatches;
    private readonly float _weight;

    public EngineSide(string folder, int sequences, int workers)
    {
        StepCase sizes = StepCase.Read(folder);
        StepModel step = StepModel.Of(OnnxFile.Read(Path.Combine(folder, StepFile)));
        using (SafetensorsReader weights = SafetensorsReader.Open(StepCase.WeightsFile(folder)))
            _engine = new CpuEngine(step, step.Parameters.ToDictionary(p => p.Name, p => weights.ReadFloats(p.Name)), workers);
        _pool = new WorkerPool(workers);
        _optimizer = new Optimizer(_engine.Layout, OptimizerOptions.AdamW(sizes.LearningRate), _pool);
        _weight = 1f / sizes.Labels;
        using SafetensorsReader batch = SafetensorsReader.Open(StepCase.BatchFile(folder));
        Dictionary<string, long[]> tensors = batch.Entries.ToDictionary(entry => entry.Name, entry => batch.ReadInt64s(entry.Name));
        _microBatches = [.. Enumerable.Range(0, (sizes.Batch + sequences - 1) / sequences).Select(i =>
        {
            int count = Math.Min(sequences, sizes.Batch - i * sequences);
            return new TokenBatch(count, sizes.Sequence, tensors.ToDictionary(t => t.Key, t => t.Value.AsSpan(i * sequences * sizes.Sequence, count * sizes.Sequence).ToArray())).For(step);
        })];
    }

    public double Gradients() => _engine.Run(_microBatches, _weight);

    public void Update() => _optimizer.Step(_engine.Parameters, _engine.Gradients);

    public IReadOnlyList<SafetensorsTensor> LastGradients() =>
        [.. _engine.Layout.Slots.Select(slot => SafetensorsTensor.Floats(slot.Name, slot.Shape, _engine.Gradients, slot.Offset, slot.Length))];

    public void Dispose()
    {
        _optimizer.Dispose();
        _pool.Dispose();
        _engine.Dispose();
    }
}
