using Glossa.Training.Parameters;

namespace Glossa.Training.Verification;

/// <summary>Checks a step without a reference: every parameter's gradient along itself and at drawn entries, by central differences in float32.</summary>
internal static class DifferenceVerification
{
    private const int EntriesPerParameter = 2;

    /// <summary>What float32 lets one ask for along a gradient, and at an entry (of the gradient's size there).</summary>
    private const double AlongLimit = 5e-2, EntryLimit = 1e-1;

    /// <summary>Makes the checks.</summary>
    public static (IReadOnlyList<VerificationCheck> Checks, IReadOnlyList<string> Notes) Check(StepRunner runner, IReadOnlyList<FeedTensor> feeds)
    {
        double loss = runner.Run(feeds);
        if (!double.IsFinite(loss)) return ([new VerificationCheck(VerificationChecks.AlongGradient, double.NaN, AlongLimit, "the loss itself")], ["the loss is not a number"]);
        float[] gradients = runner.Gradients.Span.ToArray();
        FiniteDifferences differences = new(runner, feeds, loss);
        SeededRandom random = new(1);
        Tally along = new(), entries = new();
        foreach (ParameterSlot slot in runner.Layout.Slots)
        {
            ReadOnlySpan<float> gradient = gradients.AsSpan(slot.Offset, slot.Length);
            double norm = FiniteDifferences.Norm(gradient), weights = FiniteDifferences.Norm(runner.Parameters.Slice(slot));
            double longest = 1e-2 * Math.Max(weights, 1e-2 * Math.Sqrt(slot.Length));
            float[] direction = new float[gradients.Length];
            if (norm > 0)
            {
                for (int i = 0; i < slot.Length; i++) direction[slot.Offset + i] = (float)(gradient[i] / norm);
                along.Add(slot.Name, norm, differences.Along(direction, norm, longest));
            }
            else
            {
                along.Zero++;
            }
            for (int i = 0; i < EntriesPerParameter; i++)
            {
                int entry = random.NextInt32(slot.Length);
                Array.Clear(direction);
                direction[slot.Offset + entry] = 1;
                double expected = gradient[entry];
                entries.Add($"{slot.Name}[{entry}]", expected, differences.Along(direction, expected, Math.Max(1e-2 * Math.Abs(runner.Parameters.Slice(slot)[entry]), 2e-2)));
            }
        }
        return (
        [
            new VerificationCheck(VerificationChecks.AlongGradient, along.Worst, AlongLimit, along.Where),
            new VerificationCheck(VerificationChecks.Entries, entries.Worst, EntryLimit, entries.Where),
        ],
        [
            $"no stored reference: central differences in float32, resolvable to {along.Precision:G2} along a gradient (the median), for {along.Resolved} of {along.Count} parameters, and for {entries.Resolved} of {entries.Count} entries",
            .. along.Zero > 0 ? [$"{along.Zero} parameters have no gradient at all on this batch"] : (string[])[],
        ]);
    }

    // A slope that is known to half of itself or worse says nothing, unless it lies far outside of what is uncertain.
    private sealed class Tally
    {
        private readonly List<double> _precisions = [];

        public double Worst { get; private set; }

        public string Where { get; private set; } = "";

        public int Zero { get; set; }

        public int Count => _precisions.Count;

        public int Resolved => _precisions.Count(precision => precision < 0.5);

        public double Precision => _precisions.Count == 0 ? 0 : _precisions.Order().ElementAt(_precisions.Count / 2);

        public void Add(string name, double expected, Slope slope)
        {
            double size = Math.Max(Math.Abs(expected), Math.Abs(slope.Value)), precision = size == 0 ? 0 : slope.Uncertainty / size;
            _precisions.Add(precision);
            // What rounding explains is no difference.
            double relative = size == 0 ? 0 : Math.Max(0, Math.Abs(expected - slope.Value) - slope.Uncertainty) / size;
            if (!(relative <= Worst)) (Worst, Where) = (relative, name);
        }
    }
}
