using Glossa.Models.Onnx;
using Glossa.Models.Optimization.HalfPrecision;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Optimize;

/// <summary>A model in each precision.</summary>
internal static class PrecisionModels
{
    /// <summary>The model in a precision; <paramref name="model"/> is left as it is.</summary>
    /// <param name="model">The optimized float32 model.</param>
    /// <param name="precision">The precision.</param>
    /// <param name="keepFloat">For fp16: nodes whose values do not fit.</param>
    /// <param name="calibration">For int8 and int4: samples of the text that the model is for.</param>
    public static (ModelProto Model, IReadOnlyList<string> KeptFloat) Make(
        ModelProto model, ExportPrecision precision, IReadOnlyCollection<string>? keepFloat = null, ICalibrationSource? calibration = null)
    {
        switch (precision)
        {
            case ExportPrecision.Fp16:
                HalfResult half = HalfPrecision.Convert(model, keepFloat);
                return (half.Model, half.KeptFloat);
            case ExportPrecision.DynamicInt8:
                return (Quantizers.Quantize(model, QuantizationPlan.DynamicInt8, new QuantizerOptions { TokenInputs = TokenInputs(model) }, calibration).Model, []);
            case ExportPrecision.Int4:
                return (Quantizers.Quantize(model, QuantizationPlan.Int4, new QuantizerOptions { TokenInputs = TokenInputs(model) }, calibration).Model, []);
            default:
                return (model, []);
        }
    }

    /// <summary>The options of int8 for a model.</summary>
    public static DynamicQuantizationOptions Int8(ModelProto model) => new() { TokenInputs = TokenInputs(model) };

    private static string[] TokenInputs(ModelProto model) => [.. model.Graph.Input.Select(input => input.Name).Where(name => name.EndsWith("input_ids", StringComparison.Ordinal))];
}
