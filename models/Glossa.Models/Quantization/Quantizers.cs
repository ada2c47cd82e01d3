using Glossa.Models.Onnx;

namespace Glossa.Models.Quantization;

/// <summary>
/// Post-training quantization by a plan: every MatMul, Gemm and token embedding whose weight is constant gets the format that the plan names for it.
/// With calibration samples, activations are smoothed, weights are rounded with compensation, and static ranges are known; without, weights are rounded to nearest.
/// </summary>
public static class Quantizers
{
    /// <summary>Quantizes a model, which is left as it is.</summary>
    /// <param name="model">A float32 model.</param>
    /// <param name="plan">The format of each weight.</param>
    /// <param name="options">How to find codes and ranges.</param>
    /// <param name="calibration">Samples of the text that the model is for; needed by static formats.</param>
    /// <exception cref="InputException">
    /// The model is quantized already, its operator set is older than 11, its weights lie in another file, a weight or an activation is not finite, or the plan needs calibration and there is none.
    /// </exception>
    public static QuantizationResult Quantize(ModelProto model, QuantizationPlan plan, QuantizerOptions? options = null, ICalibrationSource? calibration = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(plan);
        options ??= new QuantizerOptions();
        ModelProto copy = QuantizationInput.Prepare(model);
        DynamicQuantizationOptions dynamic = new() { KeepFloat = options.KeepFloat, TokenInputs = options.TokenInputs, Positions = true, HalfScales = true };
        WeightUses uses = new(copy.Graph, copy.IrVersion, dynamic);
        Check(plan, uses, calibration);
        LayerCalibration? measured = calibration is null ? null : LayerCalibration.Measure(copy, uses, plan, options, calibration);
        LayerRounding rounding = new(plan, options, measured, uses);

        LayerRewriter tables = new(copy.Graph, uses, dynamic);
        FormatRewriter formats = new(tables.Builder, options.AccuracyLevel);
        Dictionary<NodeProto, WeightUse> byNode = new(ReferenceEqualityComparer.Instance);
        foreach (WeightUse use in uses.All) byNode.Add(use.Node, use);
        List<QuantizedLayer> layers = [];
        NodeProto[] nodes = [.. copy.Graph.Node];
        copy.Graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (!byNode.TryGetValue(node, out WeightUse? use) || plan.For(use).Format == WeightFormat.Full) copy.Graph.Node.Add(node);
            else layers.Add(Rewrite(use, plan, rounding, tables, formats));
        }
        QuantizationInput.RemoveUnused(copy.Graph);
        if (copy.Graph.Node.Any(n => n.Domain == "com.microsoft") && copy.OpsetImport.All(o => o.Domain != "com.microsoft"))
            copy.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return new QuantizationResult(copy, layers);
    }

    private static QuantizedLayer Rewrite(WeightUse use, QuantizationPlan plan, LayerRounding rounding, LayerRewriter tables, FormatRewriter formats)
    {
        string output = use.Node.Output[0];
        LayerFormat format = plan.For(use);
        if (rounding.IsTable(use)) return tables.Rewrite(use, output);
        WeightUse? table = rounding.BlockTable(use);
        RoundedWeight weight = rounding.Round(table ?? use);
        if (use.Node.OpType == "Gather") formats.Embedding(use, (BlockGrid)weight.Grid, output);
        else formats.Product(use, weight, format, rounding.Activation(use), output, fromTable: table is not null);
        return new QuantizedLayer(use.Weight.Name, use.Node.OpType, output, [use.EndRow - use.FirstRow, use.Weight.Dims[1]], weight.RelativeError);
    }

    private static void Check(QuantizationPlan plan, WeightUses uses, ICalibrationSource? calibration)
    {
        foreach (WeightUse use in uses.All)
        {
            LayerFormat format = plan.For(use);
            if (format.IsBlock && (format.BlockSize < 16 || !int.IsPow2(format.BlockSize)))
                throw new InputException($"a block of {format.BlockSize} inputs for '{use.Weight.Name}' is not possible", fix: "take 16, 32, 64 or 128");
            if (format.Format == WeightFormat.Block4 && use.Node.OpType == "Gather" && use.Inputs % 2 != 0)
                throw new InputException($"the rows of '{use.Weight.Name}' have {use.Inputs} elements, an odd number, which int4 cannot store", fix: "take int8 embeddings");
            if (format.Format == WeightFormat.StaticInt8 && calibration is null)
                throw new InputException("static int8 needs calibration samples and there are none", fix: "give samples of the text that the model is for, or take dynamic int8");
        }
    }
}
