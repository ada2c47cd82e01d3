using System.Diagnostics;
using Glossa.Training.Checkpoints;
using Glossa.Training.Deltas;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;

namespace Glossa.Training.Engines;

/// <summary>The training of an engine whose gradients lie on the host: the optimizer walks over them there.</summary>
internal sealed class HostTraining : ITrainingRun
{
    private readonly ITrainingEngine _engine;
    private readonly WorkerPool _pool;
    private readonly Optimizer _optimizer;
    private readonly GradientClipping _clipping;
    private readonly WeightAverage? _average;
    private readonly SparseSelection? _selection;
    private readonly float _clip;
    private readonly List<StepOutcome> _outcomes = [];
    private IReadOnlyCollection<ParameterSlot> _frozen = [];
    private double _loss;

    public HostTraining(ITrainingEngine engine, UpdateRules rules)
    {
        _engine = engine;
        _pool = new WorkerPool(rules.Lanes);
        _optimizer = new Optimizer(engine.Layout, rules.Optimizer, _pool, rules.Transposed);
        _clipping = new GradientClipping(engine.Layout, _pool);
        _average = rules.Ema > 0 ? new WeightAverage(engine.Layout, (float)rules.Ema, warmUp: true, _pool) : null;
        _selection = rules.Selection;
        _clip = rules.Clip > 0 ? (float)rules.Clip : float.MaxValue;
    }

    public TrainingState State => new(_engine.Layout, _engine.Parameters, _optimizer, _average);

    public void Gradient(IReadOnlyList<MicroBatch> microBatches, float lossWeight) => _loss = _engine.Run(microBatches, lossWeight);

    public void Update(float rateFactor)
    {
        _selection?.Apply(_engine.Gradients);
        foreach (ParameterSlot slot in _frozen) _engine.Gradients.Slice(slot).Clear();
        StepOutcome outcome = new(_loss, _clipping.Norm(_engine.Gradients));
        _outcomes.Add(outcome);
        if (outcome.HasDiverged) return;
        _optimizer.Step(_engine.Parameters, _engine.Gradients, rateFactor, GradientClipping.Factor(outcome.Norm, _clip));
        _average?.Update(_engine.Parameters);
    }

    public IReadOnlyList<StepOutcome> Outcomes(bool all)
    {
        StepOutcome[] outcomes = [.. _outcomes];
        _outcomes.Clear();
        return outcomes;
    }

    public void Freeze(IReadOnlyCollection<ParameterSlot> parameters)
    {
        _frozen = parameters;
        _optimizer.Freeze(parameters);
    }

    public void Reset() => _optimizer.Reset();

    public void Download()
    {
    }

    public void Upload()
    {
    }

    public double SecondsOfUpdate()
    {
        float[] kept = _engine.Parameters.Span.ToArray();
        long began = 0;
        // The second one is timed.
        for (int i = 0; i < 2; i++)
        {
            began = Stopwatch.GetTimestamp();
            _clipping.Norm(_engine.Gradients);
            _optimizer.Step(_engine.Parameters, _engine.Gradients, 0);
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        kept.CopyTo(_engine.Parameters.Span);
        _optimizer.Reset();
        return seconds;
    }

    public void Dispose()
    {
        _average?.Dispose();
        _optimizer.Dispose();
        _pool.Dispose();
    }
}
