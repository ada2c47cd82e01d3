using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>What calibration found for the activations that quantized products read.</summary>
internal sealed class LayerCalibration
{
    private readonly Dictionary<string, ActivationStatistics> _statistics;
    private readonly Dictionary<string, ActivationRounding> _roundings = [];

    private LayerCalibration(Dictionary<string, ActivationStatistics> statistics) => _statistics = statistics;

    public ActivationStatistics Statistics(string activation) => _statistics[activation];

    public ActivationRounding? Rounding(string activation) => _roundings.GetValueOrDefault(activation);

    public static LayerCalibration Measure(ModelProto model, WeightUses uses, QuantizationPlan plan, QuantizerOptions options, ICalibrationSource source, QuantizationMemory? memory)
    {
        WeightUse[] all = [.. uses.All.Where(u => u.Node.OpType != "Gather")], products = [.. all.Where(u => plan.For(u).Format != WeightFormat.Full)];
        LayerCalibration calibration = new(memory is null ? Statistics(model, products, source) : memory.Statistics ??= Statistics(model, all, source));
        foreach (IGrouping<string, WeightUse> readers in products.Where(u => !plan.For(u).IsBlock).GroupBy(u => u.Node.Input[0]))
        {
            // A matrix shared with a token embedding keeps its own numbers: what reads it beside others is not smoothed.
            bool smooth = options.Smooth && readers.All(u => !uses.IsEmbedding(u.Weight.Name));
            double[]? Factors() => smooth ? Smoothing.Factors(calibration._statistics[readers.Key], [.. readers.Select(LayerRounding.Matrix)], options.Compensate) : null;
            calibration._roundings[readers.Key] = new ActivationRounding(memory is null ? Factors() : memory.Factors(readers.Key, readers, Factors));
        }
        calibration.FixRanges(model, [.. products.Where(u => plan.For(u).Format == WeightFormat.StaticInt8).Select(u => u.Node.Input[0]).Distinct()], options, source);
        return calibration;
    }

    private static Dictionary<string, ActivationStatistics> Statistics(ModelProto model, IEnumerable<WeightUse> products, ICalibrationSource source)
    {
        Dictionary<string, int> widths = [];
        foreach (WeightUse use in products) widths[use.Node.Input[0]] = use.Inputs;
        return Calibration.Measure(model, widths, source);
    }

    private void FixRanges(ModelProto model, string[] activations, QuantizerOptions options, ICalibrationSource source)
    {
        if (activations.Length == 0) return;
        Dictionary<string, StaticRange> ranges = activations.ToDictionary(a => a, a => RangeOf(_statistics[a], _roundings[a].Factors));
        if (options.Range != ActivationRange.MinMax)
            Calibration.Visit(model, activations.ToDictionary(a => a, a => _roundings[a].Factors), source, (name, values) => ranges[name].Add(values));
        foreach ((string name, StaticRange range) in ranges)
        {
            (float scale, byte zero) = range.Choose(options.Range);
            _roundings[name] = _roundings[name] with { Scale = scale, ZeroPoint = zero };
        }
    }

    private static StaticRange RangeOf(ActivationStatistics statistics, double[]? factors)
    {
        double smallest = 0, largest = 0;
        for (int k = 0; k < statistics.Width; k++)
        {
            double factor = factors?[k] ?? 1;
            (smallest, largest) = (Math.Min(smallest, statistics.Smallest[k] / factor), Math.Max(largest, statistics.Largest[k] / factor));
        }
        return new StaticRange((float)smallest, (float)largest);
    }
}
