using System.Text.Json;
using Glossa.Training.Checkpoints;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Schedules;

namespace Glossa.Training.Tests.Checkpoints;

/// <summary>A small regression with every kind of state: Muon, AdamW and SGD groups, schedule, clipping, a weight average.</summary>
internal sealed class ToyRun : IDisposable
{
    private const int Inputs = 24, Outputs = 12, TotalSteps = 40;
    private static readonly OptimizerOptions Options = new()
    {
        Groups =
        [
            new() { Match = "linear", Kind = OptimizerKind.Muon, LearningRate = 0.02f, WeightDecay = 0.1f },
            new() { Match = "bias", Kind = OptimizerKind.Sgd, LearningRate = 0.01f, Momentum = 0.9f },
            new() { LearningRate = 0.01f, WeightDecay = 0.01f },
        ],
    };

    private readonly FloatBuffer _gradients;
    private readonly GradientClipping _clipping;

    public ToyRun(OptimizerOptions? options = null, int outputs = Outputs)
    {
        ParameterLayout layout = new([("linear", [outputs, Inputs]), ("bias", [outputs]), ("gain", [Inputs])]);
        State = new TrainingState(layout, new FloatBuffer(layout.Length), new Optimizer(layout, options ?? Options), new WeightAverage(layout, 0.9f, warmUp: true));
        _gradients = new FloatBuffer(layout.Length);
        _clipping = new GradientClipping(layout);
        SeededRandom random = new(1);
        foreach (ParameterSlot slot in layout.Slots)
            foreach (ref float w in State.Parameters.Slice(slot)) w = (float)random.NextNormal();
    }

    public TrainingState State { get; }

    public long Step { get; private set; }

    /// <summary>What the caller of a checkpoint stores: here the step alone determines the data.</summary>
    public JsonElement RunState => JsonSerializer.SerializeToElement(new { step = Step, phase = "first \"quoted\" é" });

    public void Train(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            ComputeGradients();
            float scale = GradientClipping.Factor(_clipping.Norm(_gradients), 1);
            State.Optimizer.Step(State.Parameters, _gradients, LearningRateSchedule.Factor(new ScheduleOptions(), Step, TotalSteps), scale);
            State.Average!.Update(State.Parameters);
            Step++;
        }
    }

    public void Resume(RestoredCheckpoint checkpoint) => Step = checkpoint.Run.GetProperty("step").GetInt64();

    /// <summary>All bits of weights, average and moments.</summary>
    public int[] Bits() =>
    [
        .. new[] { State.Parameters, State.Average!.Average }.Concat(State.Optimizer.State.Select(s => s.Buffer))
            .SelectMany(buffer => buffer.Span.ToArray()).Select(BitConverter.SingleToInt32Bits),
    ];

    public void Dispose()
    {
        State.Parameters.Dispose();
        State.Optimizer.Dispose();
        State.Average!.Dispose();
        _gradients.Dispose();
    }

    /// <summary>Squared error of y = W (gain * x) + bias against a fixed target on a sample that the step number draws.</summary>
    private void ComputeGradients()
    {
        SeededRandom random = new(7, (ulong)Step);
        Span<float> w = State.Parameters.Slice(State.Layout["linear"]), bias = State.Parameters.Slice(State.Layout["bias"]), gain = State.Parameters.Slice(State.Layout["gain"]);
        Span<float> dw = _gradients.Slice(State.Layout["linear"]), dBias = _gradients.Slice(State.Layout["bias"]), dGain = _gradients.Slice(State.Layout["gain"]);
        float[] x = [.. Enumerable.Range(0, Inputs).Select(_ => (float)random.NextNormal())];
        for (int o = 0; o < bias.Length; o++)
        {
            float error = bias[o] - x[o];
            for (int i = 0; i < Inputs; i++) error += w[o * Inputs + i] * gain[i] * x[i];
            dBias[o] += error;
            for (int i = 0; i < Inputs; i++)
            {
                dw[o * Inputs + i] += error * gain[i] * x[i];
                dGain[i] += error * w[o * Inputs + i] * x[i];
            }
        }
    }
}
