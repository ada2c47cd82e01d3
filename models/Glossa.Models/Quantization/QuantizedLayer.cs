using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>One operator that runs on, or reads, uint8 weights.</summary>
/// <param name="Weight">The float initializer that was quantized.</param>
/// <param name="Operator"><c>MatMul</c>, <c>Gemm</c> or <c>Gather</c>.</param>
/// <param name="Output">The value it makes, which keeps its name.</param>
/// <param name="Shape">Shape of the part of the weight that the operator uses, as stored in the float model.</param>
/// <param name="WeightError">Frobenius norm of the rounding of the weight over the weight's own.</param>
public sealed record QuantizedLayer(string Weight, string Operator, string Output, IReadOnlyList<long> Shape, double WeightError);

/// <summary>A quantized model and what was done.</summary>
/// <param name="Model">The new model; it shares no mutable part with the old one.</param>
/// <param name="Layers">Every operator that changed, in graph order.</param>
public sealed record QuantizationResult(ModelProto Model, IReadOnlyList<QuantizedLayer> Layers);
