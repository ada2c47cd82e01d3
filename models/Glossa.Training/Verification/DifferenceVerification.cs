using Glossa.Training.Parameters;

namespace Glossa.Training.Verification;

/// <summary>
/// Checks a step without a reference, by central differences in float32: every parameter's gradient along itself, along a drawn direction (where a missing part shows) and at drawn
/// entries.
/// </summary>
internal sealed class DifferenceVerification
{
    private const int EntriesPerParameter = 2;

    /// <summary>What float32 lets one ask for along a gradient, and elsewhere.</summary>
    private const double AlongLimit = 5e-2, ElsewhereLimit = 1e-1;

    /// <summary>Some gradients are zero by nature, a key's bias under softmax; where most are hidden, the loss is too flat on this batch.</summary>
    private const double HiddenLimit = 0.5;

    private readonly StepRunner _runner;
    private readonly FiniteDifferences _differences;
    private readonly float[] _gradients;
    private readonly SeededRandom _random = new(1);
    private readonly Tally _along = new(), _drawn = new(), _entries = new();
    private int _withoutGradient;

    private DifferenceVerification(StepRunner runner, IReadOnlyList<FeedTensor> feeds)
    {
        _runner = runner;
        _gradients = runner.Gradients.Span.ToArray();
        _differences = new FiniteDifferences(runner, feeds);
    }

    /// <summary>Makes the checks.</summary>
    public static (IReadOnlyList<VerificationCheck> Checks, IReadOnlyList<string> Notes) Check(StepRunner runner, IReadOnlyList<FeedTensor> feeds)
    {
        double loss = runner.Run(feeds);
        if (!double.IsFinite(loss)) return ([new VerificationCheck(VerificationChecks.AlongGradient, double.NaN, AlongLimit, "the loss itself")], ["the loss is not a number"]);
        DifferenceVerification verification = new(runner, feeds);
        foreach (ParameterSlot slot in runner.Layout.Slots) verification.Check(slot);
        return (verification.Checks(), verification.Notes());
    }

    private void Check(ParameterSlot slot)
    {
        float[] gradient = _gradients.AsSpan(slot.Offset, slot.Length).ToArray();
        double norm = FiniteDifferences.Norm(gradient);
        // A hundredth of the weights' norm; of a typical weight's where they are zero.
        double longest = 1e-2 * Math.Max(FiniteDifferences.Norm(_runner.Parameters.Slice(slot)), 1e-2 * Math.Sqrt(slot.Length));
        if (norm > 0) Add(_along, slot, slot.Name, Array.ConvertAll(gradient, value => (float)(value / norm)), longest);
        else _withoutGradient++;

        float[] drawn = [.. Enumerable.Range(0, slot.Length).Select(_ => (float)_random.NextNormal())];
        double length = FiniteDifferences.Norm(drawn);
        Add(_drawn, slot, slot.Name, Array.ConvertAll(drawn, value => (float)(value / length)), longest);
        for (int i = 0; i < EntriesPerParameter; i++)
        {
            int entry = _random.NextInt32(slot.Length);
            float[] unit = new float[slot.Length];
            unit[entry] = 1;
            Add(_entries, slot, $"{slot.Name}[{entry}]", unit, 2e-2);
        }
    }

    private void Add(Tally tally, ParameterSlot slot, string name, float[] direction, double longest)
    {
        double expected = 0;
        for (int i = 0; i < slot.Length; i++) expected += (double)direction[i] * _gradients[slot.Offset + i];
        tally.Add(name, expected, _differences.Along(slot.Offset, direction, expected, longest));
    }

    private double Hidden => 1 - ((double)_along.Precise / Math.Max(1, _along.Count));

    private VerificationCheck[] Checks() =>
    [
        new(VerificationChecks.Hidden, Hidden, HiddenLimit, ""),
        new(VerificationChecks.AlongGradient, _along.Worst, AlongLimit, _along.Where),
        new(VerificationChecks.AlongDrawn, _drawn.Worst, ElsewhereLimit, _drawn.Where),
        new(VerificationChecks.Entries, _entries.Worst, ElsewhereLimit, _entries.Where),
    ];

    private IReadOnlyList<string> Notes() =>
    [
        $"no stored reference: central differences in float32; they tell a slope to 1 % or better along {_along.Precise} of {_along.Count} gradients, {_drawn.Precise} of {_drawn.Count} drawn "
        + $"directions and at {_entries.Precise} of {_entries.Count} entries; what rounding explains of the others is no difference",
        .. Hidden > HiddenLimit ? ["the loss hardly moves on the drawn batch, so differences prove little: verify with another loss"] : (string[])[],
        .. _withoutGradient > 0 ? [$"{_withoutGradient} parameters have no gradient on this batch"] : (string[])[],
    ];

    private sealed class Tally
    {
        /// <summary>A slope that is known to this share of itself is compared as it is.</summary>
        private const double Enough = 1e-2;

        public double Worst { get; private set; }

        public string Where { get; private set; } = "";

        public int Count { get; private set; }

        public int Precise { get; private set; }

        public void Add(string name, double expected, Slope slope)
        {
            Count++;
            double size = Math.Max(Math.Abs(expected), Math.Abs(slope.Value)), difference = Math.Abs(expected - slope.Value);
            bool precise = slope.Uncertainty <= Enough * size;
            if (precise) Precise++;
            else difference = Math.Max(0, difference - slope.Uncertainty);
            double relative = size == 0 ? 0 : difference / size;
            if (!(relative <= Worst)) (Worst, Where) = (relative, name);
        }
    }
}
