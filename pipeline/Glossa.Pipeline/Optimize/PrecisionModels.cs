using Glossa.Models.Onnx;
using Glossa.Models.Optimization.HalfPrecision;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Optimize;

/// <summary>A model in a precision.</summary>
/// <param name="Model">The model.</param>
internal sealed record PrecisionModel(ModelProto Model)
{
    /// <summary>For fp16: nodes that stay float32, for their weights or values do not fit.</summary>
    public IReadOnlyList<string> KeptFloat { get; init; } = [];

    /// <summary>For int8 and int4: what was quantized.</summary>
    public IReadOnlyList<QuantizedLayer> Layers { get; init; } = [];
}

/// <summary>A model in each precision.</summary>
internal static class PrecisionModels
{
    /// <summary>The model in a precision; <paramref name="model"/> is left as it is.</summary>
    /// <param name="model">The optimized float32 model.</param>
    /// <param name="precision">The precision.</param>
    /// <param name="keepFloat">For fp16: nodes whose values do not fit.</param>
    /// <param name="calibration">For int8 and int4: samples of the text that the model is for; static int8 needs them.</param>
    /// <param name="plan">For int8 and int4: another plan than the precision's own.</param>
    public static PrecisionModel Make(
        ModelProto model, ExportPrecision precision, IReadOnlyCollection<string>? keepFloat = null, ICalibrationSource? calibration = null, QuantizationPlan? plan = null)
    {
        if (precision == ExportPrecision.Fp32) return new PrecisionModel(model);
        if (precision == ExportPrecision.Fp16)
        {
            HalfResult half = HalfPrecision.Convert(model, keepFloat);
            return new PrecisionModel(half.Model) { KeptFloat = half.KeptFloat };
        }
        QuantizationResult result = Quantizers.Quantize(model, plan ?? PlanOf(precision), Options(model), calibration);
        return new PrecisionModel(result.Model) { Layers = result.Layers };
    }

    /// <summary>The model by every plan that a search tries.</summary>
    public static PlanQuantizer Plans(ModelProto model, ICalibrationSource? calibration) => new(model, Options(model), calibration);

    /// <summary>The options of quantization for a model.</summary>
    public static QuantizerOptions Options(ModelProto model) => new() { TokenInputs = TokenInputs(model) };

    /// <summary>A model that measures what a precision does to each quantized layer's output, all before it being exact (<see cref="Quantizers.LayerErrorModel"/>).</summary>
    public static ModelProto LayerProbe(ModelProto model, ExportPrecision precision, ICalibrationSource? calibration, out IReadOnlyList<QuantizedLayer> layers) =>
        Quantizers.LayerErrorModel(model, PlanOf(precision), out layers, Options(model), calibration);

    private static QuantizationPlan PlanOf(ExportPrecision precision) => precision switch
    {
        ExportPrecision.DynamicInt8 => QuantizationPlan.DynamicInt8,
        ExportPrecision.StaticInt8 => QuantizationPlan.StaticInt8,
        ExportPrecision.Int4 => QuantizationPlan.Int4,
        _ => throw new ArgumentOutOfRangeException(nameof(precision)),
    };

    private static string[] TokenInputs(ModelProto model) => [.. model.Graph.Input.Select(input => input.Name).Where(name => name.EndsWith("input_ids", StringComparison.Ordinal))];
}
