using Glossa.Models.Building;
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
    public static QuantizationResult Quantize(ModelProto model, QuantizationPlan plan, QuantizerOptions? options = null, ICalibrationSource? calibration = null) =>
        QuantizeBy(model, plan, options ?? new QuantizerOptions(), calibration, memory: null);

    internal static QuantizationResult QuantizeBy(ModelProto model, QuantizationPlan plan, QuantizerOptions options, ICalibrationSource? calibration, QuantizationMemory? memory)
    {
        Work work = new(model, plan, options, calibration, memory);
        Dictionary<NodeProto, WeightUse> byNode = new(ReferenceEqualityComparer.Instance);
        foreach (WeightUse use in work.Uses.All) byNode.Add(use.Node, use);
        List<QuantizedLayer> layers = [];
        GraphProto graph = work.Copy.Graph;
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        foreach (NodeProto node in nodes)
        {
            if (!byNode.TryGetValue(node, out WeightUse? use) || work.StaysFloat(use)) graph.Node.Add(node);
            else layers.Add(work.Rewrite(use, node.Output[0]));
        }
        QuantizationInput.RemoveUnused(graph);
        work.DeclareDomains();
        return new QuantizationResult(work.Copy, layers);
    }

    /// <summary>
    /// A model that measures what quantizing each layer alone does to that layer's output: it runs in float32, computes every layer a second time in its format from the same float input,
    /// and returns for layer i of <paramref name="layers"/> the scalars <c>error.i</c> = sum of squared differences and <c>signal.i</c> = sum of squared outputs.
    /// </summary>
    /// <param name="model">The float32 model, which is left as it is.</param>
    /// <param name="plan">The format of each weight.</param>
    /// <param name="layers">The layers, in graph order, as <see cref="Quantize"/> lists them.</param>
    /// <param name="options">How to find codes and ranges.</param>
    /// <param name="calibration">Samples of the text that the model is for; needed by static formats.</param>
    /// <exception cref="InputException">As for <see cref="Quantize"/>.</exception>
    public static ModelProto LayerErrorModel(
        ModelProto model, QuantizationPlan plan, out IReadOnlyList<QuantizedLayer> layers, QuantizerOptions? options = null, ICalibrationSource? calibration = null)
    {
        Work work = new(model, plan, options ?? new QuantizerOptions(), calibration, null);
        List<QuantizedLayer> found = [];
        GraphBuilder g = work.Builder;
        work.Copy.Graph.Output.Clear();
        foreach (WeightUse use in work.Uses.All.Where(use => !work.StaysFloat(use)))
        {
            Value exact = new(use.Node.Output[0]), quantized = new(g.Unique(exact.Name + "_quantized"));
            QuantizedLayer layer = work.Rewrite(use, quantized.Name);
            Value difference = g.Sub(quantized, exact);
            g.Output(g.ReduceSum(g.Mul(difference, difference), [], keepDims: false, $"error.{found.Count}"), TensorProto.Types.DataType.Float);
            g.Output(g.ReduceSum(g.Mul(exact, exact), [], keepDims: false, $"signal.{found.Count}"), TensorProto.Types.DataType.Float);
            found.Add(layer with { Output = exact.Name });
        }
        work.DeclareDomains();
        layers = found;
        return work.Copy;
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

    /// <summary>A copy of a model, with all that it takes to write its layers in the plan's formats.</summary>
    private sealed class Work
    {
        private readonly QuantizationPlan _plan;
        private readonly LayerRounding _rounding;
        private readonly LayerRewriter _tables;
        private readonly FormatRewriter _formats;

        public Work(ModelProto model, QuantizationPlan plan, QuantizerOptions options, ICalibrationSource? calibration, QuantizationMemory? memory)
        {
            ArgumentNullException.ThrowIfNull(model);
            ArgumentNullException.ThrowIfNull(plan);
            _plan = plan;
            Copy = QuantizationInput.Prepare(model);
            DynamicQuantizationOptions dynamic = new() { KeepFloat = options.KeepFloat, TokenInputs = options.TokenInputs, Positions = true, HalfScales = true };
            Uses = new WeightUses(Copy.Graph, Copy.IrVersion, dynamic);
            Check(plan, Uses, calibration);
            LayerCalibration? measured = calibration is null ? null : LayerCalibration.Measure(Copy, Uses, plan, options, calibration, memory);
            _rounding = new LayerRounding(plan, options, measured, Uses, memory);
            _tables = new LayerRewriter(Copy.Graph, Uses, dynamic);
            _formats = new FormatRewriter(_tables.Builder, options.AccuracyLevel);
        }

        public ModelProto Copy { get; }

        public WeightUses Uses { get; }

        public GraphBuilder Builder => _tables.Builder;

        public bool StaysFloat(WeightUse use) => _plan.For(use).Format == WeightFormat.Full;

        /// <summary>Appends a layer in its format.</summary>
        public QuantizedLayer Rewrite(WeightUse use, string output)
        {
            if (_rounding.IsTable(use)) return _tables.Rewrite(use, output);
            WeightUse? table = _rounding.BlockTable(use);
            RoundedWeight weight = _rounding.Round(table ?? use);
            if (use.Node.OpType == "Gather") _formats.Embedding(use, (BlockGrid)weight.Grid, output);
            else _formats.Product(use, weight, _plan.For(use), _rounding.Activation(use), output, fromTable: table is not null);
            return new QuantizedLayer(use.Weight.Name, use.Node.OpType, output, [use.EndRow - use.FirstRow, use.Weight.Dims[1]], weight.RelativeError);
        }

        public void DeclareDomains()
        {
            if (Copy.Graph.Node.Any(n => n.Domain == "com.microsoft") && Copy.OpsetImport.All(o => o.Domain != "com.microsoft"))
                Copy.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        }
    }
}
