using System.Diagnostics;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;

namespace Glossa.GpuCheck;

/// <summary>What is compared with the CPU and what is timed.</summary>
/// <param name="open">Opens the device: TensorFloat-32 or not, recorded or not.</param>
/// <param name="gpu">Whether it is a GPU.</param>
/// <param name="steps">Steps of a loss curve.</param>
/// <param name="repetitions">Steps that are timed.</param>
internal sealed class Checks(Func<bool, bool, ComputeDevice> open, bool gpu, int steps, int repetitions)
{
    private const int WarmUp = 5;

    // The CPU's side of a case is the same for every format.
    private readonly Dictionary<CheckCase, (double Loss, float[] Gradients)[]> _gradients = [];
    private readonly Dictionary<CheckCase, List<StepOutcome>> _losses = [];

    // Rounding alone: sums in another order, or operands of 24, 11, 8 and 11 bits.
    private static double AllowedGradient(StepPrecision precision) => precision switch
    {
        StepPrecision.Fp32 => 1e-5,
        StepPrecision.Bf16 => 4e-2,
        _ => 5e-3,
    };

    private static double AllowedLoss(StepPrecision precision) => precision switch
    {
        StepPrecision.Fp32 => 1e-4,
        StepPrecision.Bf16 => 3e-2,
        _ => 1e-2,
    };

    /// <summary>The gradient of one step against the CPU engine's: the distance of the two as vectors, over the length.</summary>
    public CheckResult Gradients(CheckCase checkCase, CaseModel model, StepPrecision precision, bool recorded) => Checked(checkCase, "gradients", precision, recorded, AllowedGradient(precision), () =>
    {
        using CudaEngine device = model.Device(open(precision != StepPrecision.Fp32, recorded), precision);
        double worst = 0;
        // The second step repeats a recording on other data.
        foreach (((double want, float[] gradients), int step) in HostGradients(checkCase, model).Select((host, step) => (host, step)))
        {
            double got = device.Run(model.Batch(step), model.Weight), distance = Distance(device.Gradients.Span, gradients);
            // NaN is larger than any number that is allowed.
            worst = double.IsFinite(got + distance) ? Math.Max(worst, Math.Max(Math.Abs(got - want) / want, distance)) : double.PositiveInfinity;
        }
        return worst;
    });

    /// <summary>The losses of a training against the CPU engine's, the largest difference over the loss.</summary>
    public CheckResult LossCurve(CheckCase checkCase, CaseModel model, StepPrecision precision, bool recorded) => Checked(checkCase, $"losses of {steps} steps", precision, recorded, AllowedLoss(precision), () =>
    {
        using ITrainingEngine device = model.Device(open(precision != StepPrecision.Fp32, recorded), precision);
        List<StepOutcome> want = HostLosses(checkCase, model), got = Train(device, model, steps);
        if (!(want[^1].Loss < want[0].Loss)) throw new WorkException($"the CPU's loss did not fall: {want[0].Loss} to {want[^1].Loss}");
        return want.Zip(got, (a, b) => double.IsFinite(b.Loss) ? Math.Abs(a.Loss - b.Loss) / a.Loss : double.PositiveInfinity).Max();
    });

    /// <summary>Time and memory of training steps.</summary>
    public CheckResult Speed(CheckCase checkCase, CaseModel model, StepPrecision precision, bool recorded, UpdateRules rules, string what)
    {
        CheckResult result = new(checkCase.Name, what, CheckPlan.Word(precision), recorded);
        try
        {
            using CudaEngine engine = model.Device(open(precision != StepPrecision.Fp32, recorded), precision);
            using ITrainingRun run = engine.Begin(rules);
            for (int step = 0; step < WarmUp; step++) Step(run, model, step);
            run.Outcomes(all: true);
            double[] times = [.. Enumerable.Range(0, repetitions).Select(step =>
            {
                long began = Stopwatch.GetTimestamp();
                Step(run, model, step);
                return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }).Order()];
            double median = times[times.Length / 2];
            return result with
            {
                Milliseconds = median,
                LeastMilliseconds = times[0],
                TokensPerSecond = checkCase.Tokens / median * 1000,
                MemoryMiB = MemoryUse.MiB(gpu),
                Note = recorded && !engine.Records ? "not recorded: a shape depends on data" : null,
            };
        }
        catch (GlossaException e)
        {
            return result with { Passed = false, Note = e.Message };
        }
    }

    private (double Loss, float[] Gradients)[] HostGradients(CheckCase checkCase, CaseModel model)
    {
        if (_gradients.TryGetValue(checkCase, out (double, float[])[]? known)) return known;
        using CpuEngine host = model.Host();
        return _gradients[checkCase] = [.. Enumerable.Range(0, 2).Select(step => (host.Run(model.Batch(step), model.Weight), host.Gradients.Span.ToArray()))];
    }

    private List<StepOutcome> HostLosses(CheckCase checkCase, CaseModel model)
    {
        if (_losses.TryGetValue(checkCase, out List<StepOutcome>? known)) return known;
        using CpuEngine host = model.Host();
        return _losses[checkCase] = Train(host, model, steps);
    }

    private static void Step(ITrainingRun run, CaseModel model, int step)
    {
        run.Gradient(model.Batch(step), model.Weight);
        run.Update(1);
        run.Outcomes(all: false);
    }

    private static List<StepOutcome> Train(ITrainingEngine engine, CaseModel model, int steps)
    {
        using ITrainingRun run = engine.Begin(CaseModel.Muon);
        List<StepOutcome> outcomes = [];
        for (int step = 0; step < steps; step++)
        {
            run.Gradient(model.Batch(step), model.Weight);
            run.Update(0.1f);
            outcomes.AddRange(run.Outcomes(all: step == steps - 1));
        }
        return outcomes;
    }

    private static CheckResult Checked(CheckCase checkCase, string what, StepPrecision precision, bool recorded, double allowed, Func<double> measure)
    {
        CheckResult result = new(checkCase.Name, what, CheckPlan.Word(precision), recorded) { Allowed = allowed };
        try
        {
            double distance = measure();
            return result with { Distance = double.IsFinite(distance) ? distance : null, Passed = distance <= allowed, Note = double.IsFinite(distance) ? null : "not a number" };
        }
        catch (GlossaException e)
        {
            return result with { Passed = false, Note = e.Message };
        }
    }

    private static double Distance(ReadOnlySpan<float> got, ReadOnlySpan<float> want)
    {
        double difference = 0, length = 0;
        for (int i = 0; i < got.Length; i++)
        {
            difference += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
            length += (double)want[i] * want[i];
        }
        return Math.Sqrt(difference / length);
    }
}
