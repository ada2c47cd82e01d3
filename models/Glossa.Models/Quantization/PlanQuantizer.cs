using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>
/// Quantizes one model by many plans, as a search does. What does not hang on the plan is found once: the statistics of the activations, and the codes of a weight in a format.
/// </summary>
public sealed class PlanQuantizer
{
    private readonly ModelProto _model;
    private readonly QuantizerOptions _options;
    private readonly ICalibrationSource? _calibration;
    private readonly QuantizationMemory _memory = new();

    /// <param name="model">A float32 model, which is left as it is.</param>
    /// <param name="options">How to find codes and ranges.</param>
    /// <param name="calibration">Samples of the text that the model is for; needed by static formats.</param>
    public PlanQuantizer(ModelProto model, QuantizerOptions? options = null, ICalibrationSource? calibration = null) =>
        (_model, _options, _calibration) = (model, options ?? new QuantizerOptions(), calibration);

    /// <summary>The model by a plan, as <see cref="Quantizers.Quantize"/> gives it.</summary>
    /// <exception cref="InputException">As for <see cref="Quantizers.Quantize"/>.</exception>
    public QuantizationResult Quantize(QuantizationPlan plan) => Quantizers.QuantizeBy(_model, plan, _options, _calibration, _memory);
}

/// <summary>What was found for earlier plans of the same model, options and samples.</summary>
internal sealed class QuantizationMemory
{
    private readonly Dictionary<string, double[]?> _factors = [];
    private readonly Dictionary<(string Weight, int First, int End, bool Gather, string Activation, LayerFormat Format, double[]? Factors), RoundedWeight> _weights = [];

    /// <summary>Statistics of every activation that a product reads; null until they were measured.</summary>
    public Dictionary<string, ActivationStatistics>? Statistics { get; set; }

    /// <summary>The smoothing of an activation for the weights that read it.</summary>
    public double[]? Factors(string activation, IEnumerable<WeightUse> readers, Func<double[]?> find)
    {
        string key = string.Join('\n', readers.Select(use => use.Node.Output[0]).Prepend(activation));
        return _factors.TryGetValue(key, out double[]? known) ? known : _factors[key] = find();
    }

    /// <summary>The codes of a weight; arrays of factors, which <see cref="Factors"/> hands out, are told apart by their identity.</summary>
    public RoundedWeight Weight(WeightUse use, LayerFormat format, double[]? factors, Func<RoundedWeight> find)
    {
        bool gather = use.Node.OpType == "Gather";
        (string, int, int, bool, string, LayerFormat, double[]?) key = (use.Weight.Name, use.FirstRow, use.EndRow, gather, gather ? "" : use.Node.Input[0], format, factors);
        return _weights.TryGetValue(key, out RoundedWeight? known) ? known : _weights[key] = find();
    }
}
