using System.Diagnostics;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;

namespace Glossa.GpuCheck;

/// <summary>What is run, in the order of what one would least like to miss, until the time is over.</summary>
internal sealed class CheckPlan(Checks checks, bool gpu, TimeSpan time)
{
    private static readonly StepPrecision[] Precisions = [StepPrecision.Fp32, StepPrecision.Tf32, StepPrecision.Bf16, StepPrecision.Fp16];

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly List<CheckResult> _results = [];
    private readonly List<string> _notRun = [];

    // A host records nothing, so nothing is run twice there.
    private bool[] Recordings => gpu ? [false, true] : [false];

    public (IReadOnlyList<CheckResult> Results, IReadOnlyList<string> NotRun) Run(IReadOnlyList<CheckCase> cases, Action<CheckResult> show)
    {
        (CheckCase Case, Lazy<CaseModel> Model)[] models = [.. cases.Select(c => (c, new Lazy<CaseModel>(() => new CaseModel(c))))];
        foreach ((CheckCase c, Lazy<CaseModel> model) in models.Where(m => m.Case.Checked))
            foreach (bool recorded in Recordings)
                foreach (StepPrecision precision in Precisions) Take($"{c.Name}: gradients, {Word(precision)}", () => checks.Gradients(c, model.Value, precision, recorded), show);
        foreach ((CheckCase c, Lazy<CaseModel> model) in models)
            foreach (StepPrecision precision in Precisions)
                foreach (bool recorded in Recordings) Take($"{c.Name}: speed, {Word(precision)}", () => checks.Speed(c, model.Value, precision, recorded, CaseModel.AdamW, "AdamW"), show);
        foreach ((CheckCase c, Lazy<CaseModel> model) in models.Where(m => m.Case.Checked).Take(1))
        {
            foreach (StepPrecision precision in Precisions) Take($"{c.Name}: losses, {Word(precision)}", () => checks.LossCurve(c, model.Value, precision, gpu), show);
            Take($"{c.Name}: speed with Muon", () => checks.Speed(c, model.Value, StepPrecision.Bf16, gpu, CaseModel.Muon, "Muon and AdamW"), show);
        }
        return (_results, _notRun);
    }

    /// <summary>The word of a format in results.</summary>
    public static string Word(StepPrecision precision) => precision == StepPrecision.Fp32 ? "float32" : precision.ToString().ToLowerInvariant();

    private void Take(string what, Func<CheckResult> check, Action<CheckResult> show)
    {
        if (Stopwatch.GetElapsedTime(_began) > time)
        {
            _notRun.Add(what);
            return;
        }
        _results.Add(check());
        show(_results[^1]);
    }
}
