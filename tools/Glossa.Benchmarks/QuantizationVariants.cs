using Glossa.Models.Onnx;
using Glossa.Models.Optimization;
using Glossa.Models.Optimization.HalfPrecision;
using Glossa.Models.Quantization;

namespace Glossa.Benchmarks;

/// <summary>The forms that the quantization benchmark compares.</summary>
internal static class QuantizationVariants
{
    public static Dictionary<string, Func<ModelProto, ICalibrationSource?, ModelProto>> All(BenchmarkArguments arguments)
    {
        QuantizerOptions plain = new() { Smooth = false, Compensate = false, AccuracyLevel = arguments.Number("accuracy", 4) }, full = new() { AccuracyLevel = plain.AccuracyLevel, KeepFloat = arguments.Text("float")?.Split(',') ?? [] };
        QuantizationPlan Blocks(WeightFormat format, int size, LayerFormat embeddings) => new() { Products = new(format, size), Embeddings = embeddings };
        LayerFormat rows = new(WeightFormat.DynamicInt8), packed = new(WeightFormat.Block4), single = new(WeightFormat.Full);
        Func<ModelProto, ICalibrationSource?, ModelProto> By(QuantizationPlan plan, QuantizerOptions options) => (model, calibration) => Quantizers.Quantize(model, plan, options, calibration).Model;
        Func<ModelProto, ICalibrationSource?, ModelProto> Fused(QuantizationPlan plan) => (model, calibration) => By(plan, full)(GraphOptimizer.Optimize(model).Model, calibration);
        Dictionary<string, Func<ModelProto, ICalibrationSource?, ModelProto>> variants = new()
        {
            ["float32"] = (model, _) => model,
            ["fused"] = (model, _) => GraphOptimizer.Optimize(model).Model,
            ["fused-fp16"] = (model, _) => HalfPrecision.Convert(GraphOptimizer.Optimize(model).Model).Model,
            ["fused-dynamic"] = Fused(QuantizationPlan.DynamicInt8),
            ["fused-static"] = Fused(QuantizationPlan.StaticInt8),
            ["fused-int4"] = Fused(QuantizationPlan.Int4),
            ["dynamic-unsigned"] = (model, _) => DynamicQuantizer.Quantize(model).Model,
            ["dynamic-plain"] = By(QuantizationPlan.DynamicInt8, plain with { SearchScales = false }),
            ["dynamic-search"] = By(QuantizationPlan.DynamicInt8, plain),
            ["dynamic-gptq"] = By(QuantizationPlan.DynamicInt8, full with { Smooth = false }),
            ["dynamic-smooth"] = By(QuantizationPlan.DynamicInt8, full with { Compensate = false }),
            ["dynamic"] = By(QuantizationPlan.DynamicInt8, full),
            ["static-minmax-plain"] = By(QuantizationPlan.StaticInt8, plain with { Range = ActivationRange.MinMax }),
            ["static-minmax"] = By(QuantizationPlan.StaticInt8, full with { Range = ActivationRange.MinMax }),
            ["static-percentile"] = By(QuantizationPlan.StaticInt8, full with { Range = ActivationRange.Percentile }),
            ["static-entropy"] = By(QuantizationPlan.StaticInt8, full with { Range = ActivationRange.Entropy }),
            ["static"] = By(QuantizationPlan.StaticInt8, full),
            ["block8"] = By(Blocks(WeightFormat.Block8, 32, rows), full),
            ["block8-128"] = By(Blocks(WeightFormat.Block8, 128, rows), full),
            ["int4-nearest"] = By(Blocks(WeightFormat.Block4, 32, packed), plain),
            ["int4-nearest-rows8"] = By(Blocks(WeightFormat.Block4, 32, rows), plain),
            ["int4-rows8"] = By(Blocks(WeightFormat.Block4, 32, rows), full),
            ["int4-embedding-only"] = By(Blocks(WeightFormat.Full, 32, packed), plain),
            ["int8-embedding-only"] = By(Blocks(WeightFormat.Full, 32, rows), plain),
            ["int4-products-only"] = By(Blocks(WeightFormat.Block4, 32, single), full),
            ["int4"] = By(Blocks(WeightFormat.Block4, 32, packed), full),
            ["int4-nearest-128"] = By(Blocks(WeightFormat.Block4, 128, packed), plain),
            ["int4-128"] = By(Blocks(WeightFormat.Block4, 128, packed), full),
        };
        string[] usual = [.. OptimizationPasses.Descriptions.Where(pass => !pass.IsOptional).Select(pass => pass.Name)];
        foreach ((string pass, _, bool optional) in OptimizationPasses.Descriptions)
        {
            variants["only-" + pass] = Passes([pass]);
            variants[(optional ? "with-" : "without-") + pass] = Passes(optional ? [.. usual, pass] : [.. usual.Where(other => other != pass)]);
        }
        return variants;
    }

    private static Func<ModelProto, ICalibrationSource?, ModelProto> Passes(string[] passes) => (model, _) => GraphOptimizer.Optimize(model, new OptimizationOptions { Passes = passes }).Model;
}
