using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>A weight in a plan that was searched for.</summary>
/// <param name="Weight">Name of the initializer.</param>
/// <param name="Format">The format that it got.</param>
/// <param name="LossAlone">The loss of the model in which this weight alone is in the smallest format.</param>
public sealed record PlannedWeight(string Weight, LayerFormat Format, double LossAlone);

/// <summary>The smallest plan that was found.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Loss">Its measured loss.</param>
/// <param name="Weights">All weights, the most sensitive first.</param>
/// <param name="Measured">How many models were measured.</param>
public sealed record PlannedPrecision(QuantizationPlan Plan, double Loss, IReadOnlyList<PlannedWeight> Weights, int Measured);

/// <summary>
/// Looks for the smallest mixed plan within a target loss: 4 bits where that costs little, 8 bits or float32 for the weights that cost most. What each weight costs alone, in each format, is measured on
/// the whole model; steps to larger formats are ordered by what they gain for a byte (the greedy solution of the knapsack over each weight's convex hull); how many of them it takes is found by
/// bisection, with a measurement of the model at every probe. In the end no weight alone could be smaller.
/// </summary>
public static class PlanSearch
{
    private static readonly LayerFormat Small = new(WeightFormat.Block4), Middle = new(WeightFormat.DynamicInt8), Large = new(WeightFormat.Full);

    /// <summary>Finds the plan.</summary>
    /// <param name="model">The float32 model.</param>
    /// <param name="target">The largest loss allowed; 0 or more.</param>
    /// <param name="loss">Measures the model of a plan; 0 is that of float32.</param>
    /// <param name="options">What counts as a token embedding, and what stays float32.</param>
    public static PlannedPrecision Find(ModelProto model, double target, Func<QuantizationPlan, double> loss, QuantizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfNegative(target);
        int measured = 0;
        double Measure(IReadOnlyDictionary<string, LayerFormat> formats)
        {
            measured++;
            // What the search does not name, tables of positions, follows the plan of small formats.
            return loss(new QuantizationPlan { Products = Small, Embeddings = Small, Layers = formats });
        }

        WeightSizes[] weights = WeightSizes.Of(model, options ?? new QuantizerOptions());
        Dictionary<string, LayerFormat> exact = weights.ToDictionary(w => w.Name, _ => Large);
        // Losses on a few texts may come out below that of float32.
        double Alone(WeightSizes weight, LayerFormat format) => Math.Max(0, Measure(new Dictionary<string, LayerFormat>(exact) { [weight.Name] = format }));
        (WeightSizes Weight, double Small, double Middle)[] alone = [.. weights.Select(w => (w, Alone(w, Small), Alone(w, Middle)))];
        Step[] steps = [.. alone.SelectMany(a => Steps(a.Weight, a.Small, a.Middle)).OrderByDescending(step => step.GainPerByte).ThenBy(step => step.Weight, StringComparer.Ordinal)];

        Dictionary<string, LayerFormat> After(int count)
        {
            Dictionary<string, LayerFormat> formats = weights.ToDictionary(w => w.Name, _ => Small);
            foreach (Step step in steps.Take(count)) formats[step.Weight] = step.Format;
            return formats;
        }

        int lowest = 0, enough = steps.Length;
        double reached = 0;
        while (lowest < enough)
        {
            // The first probe is the smallest plan: often it is good enough.
            int probe = measured == 2 * weights.Length ? 0 : (lowest + enough) / 2;
            double found = Measure(After(probe));
            if (found <= target) (enough, reached) = (probe, found);
            else lowest = probe + 1;
        }
        Dictionary<string, LayerFormat> chosen = After(enough);
        if (enough == steps.Length) reached = Measure(chosen);
        // The losses of weights do not quite add up: what was raised and turns out not to be needed goes back, the one that saves most first.
        foreach (WeightSizes weight in weights.Where(w => chosen[w.Name] != Small).OrderByDescending(w => w.Bytes(chosen[w.Name]) - w.Bytes(Smaller(chosen[w.Name]))).ThenBy(w => w.Name, StringComparer.Ordinal))
        {
            Dictionary<string, LayerFormat> without = new(chosen) { [weight.Name] = Smaller(chosen[weight.Name]) };
            if (Measure(without) is var found && found <= target) (chosen, reached) = (without, found);
        }
        return new PlannedPrecision(new QuantizationPlan { Products = Small, Embeddings = Small, Layers = chosen }, reached,
            [.. alone.OrderByDescending(a => a.Small).ThenBy(a => a.Weight.Name, StringComparer.Ordinal).Select(a => new PlannedWeight(a.Weight.Name, chosen[a.Weight.Name], a.Small))], measured);
    }

    private static LayerFormat Smaller(LayerFormat format) => format == Large ? Middle : Small;

    /// <summary>The steps of a weight to larger formats, each gaining less for a byte than the one before.</summary>
    private static IEnumerable<Step> Steps(WeightSizes weight, double small, double middle)
    {
        double first = (small - middle) / (weight.MiddleBytes - weight.SmallBytes), second = middle / (weight.LargeBytes - weight.MiddleBytes);
        double whole = small / (weight.LargeBytes - weight.SmallBytes);
        if (first <= second) return [new Step(weight.Name, Large, whole)];
        return [new Step(weight.Name, Middle, first), new Step(weight.Name, Large, second)];
    }

    private sealed record Step(string Weight, LayerFormat Format, double GainPerByte);

    /// <summary>A weight and its bytes in each format.</summary>
    private sealed record WeightSizes(string Name, double SmallBytes, double MiddleBytes, double LargeBytes)
    {
        private const double BlockOverhead = 4.5 / 32, ChannelOverhead = 4;

        public double Bytes(LayerFormat format) => format == Large ? LargeBytes : format == Middle ? MiddleBytes : SmallBytes;

        public static WeightSizes[] Of(ModelProto model, QuantizerOptions options)
        {
            ModelProto copy = QuantizationInput.Prepare(model);
            WeightUses uses = new(copy.Graph, copy.IrVersion, new DynamicQuantizationOptions { KeepFloat = options.KeepFloat, TokenInputs = options.TokenInputs, Positions = true });
            return [.. uses.All.Where(use => !use.IsPositions).GroupBy(use => use.Weight.Name).Select(group => Of(group.First()))];
        }

        private static WeightSizes Of(WeightUse use)
        {
            double elements = (double)use.Weight.Dims[0] * use.Weight.Dims[1], channels = use.ByRow ? use.Weight.Dims[0] : use.Weight.Dims[1];
            return new WeightSizes(use.Weight.Name, elements * (0.5 + BlockOverhead), elements + (channels * ChannelOverhead), elements * sizeof(float));
        }
    }
}
