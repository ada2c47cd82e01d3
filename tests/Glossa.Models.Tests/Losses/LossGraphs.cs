using Glossa.Models.Building;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Losses;

/// <summary>How the last part of a forward graph is spelled.</summary>
public enum HeadForm
{
    Product,
    ProductAndBias,
    BiasFirst,
    TiedTransposed,
    Gemm,
    SoftCapped,
    Scaled,
    Sliced,
    NoProduct,
}

/// <summary>Small forward graphs, from float states of dynamic axes to what a loss reads.</summary>
internal static class LossGraphs
{
    internal const int Width = 3, Classes = 5;

    /// <summary>States <c>x</c> times a gain, then a head; the parameters are gain, head and bias.</summary>
    internal static ModelProto Build(int rank, HeadForm form, bool mask = false)
    {
        GraphBuilder g = new(new GraphProto { Name = "forward" });
        SeededRandom random = new(17);
        Value x = rank == 2 ? g.Input("x", DataType.Float, "batch", Width) : g.Input("x", DataType.Float, "batch", "sequence", Width);
        if (mask) g.Input("attention_mask", DataType.Int64, "batch", "sequence");
        Value hidden = g.Mul(x, Parameter(g, "gain", random, Width), "hidden");
        Value logits = Head(g, form, hidden, random);
        g.Graph.Output.Add(new ValueInfoProto { Name = logits.Name });
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 21 });
        return model;
    }

    private static Value Head(GraphBuilder g, HeadForm form, Value hidden, SeededRandom random)
    {
        Value Weight() => Parameter(g, "head", random, Width, Classes);
        Value Bias() => Parameter(g, "bias", random, Classes);
        switch (form)
        {
            case HeadForm.Product: return g.MatMul(hidden, Weight());
            case HeadForm.ProductAndBias: return g.Add(g.MatMul(hidden, Weight()), Bias());
            case HeadForm.BiasFirst: return g.Add(Bias(), g.MatMul(hidden, Weight()));
            case HeadForm.TiedTransposed: return g.MatMul(hidden, g.Transpose(Parameter(g, "head", random, Classes, Width), [1, 0]));
            case HeadForm.Gemm: return g.Op("Gemm", [hidden, Parameter(g, "head", random, Classes, Width), Bias()], "gemm", "", OnnxFactory.Attribute("transB", 1L));
            case HeadForm.SoftCapped:
                Value cap = g.Constant(3f);
                return g.Mul(g.Op("Tanh", [g.Div(g.MatMul(hidden, Weight()), cap)]), cap);
            case HeadForm.Scaled: return g.Mul(g.Constant(0.25f), g.MatMul(hidden, Weight()));
            case HeadForm.Sliced: return g.MatMul(g.Op("Slice", [hidden, g.Ints(0), g.Ints(long.MaxValue), g.Ints(1)]), Weight());
            default: return g.Op("Sin", [g.MatMul(hidden, Weight())]);
        }
    }

    private static Value Parameter(GraphBuilder g, string name, SeededRandom random, params int[] shape) => g.Initializer(
        OnnxFactory.Tensor(name, [.. shape.Select(d => (long)d)], [.. Enumerable.Range(0, DoubleTensor.Count(shape)).Select(_ => (float)random.NextNormal())]));

    /// <summary>What the loss has to be, computed from the output in the plainest way.</summary>
    internal static double Expected(LossKind kind, DoubleTensor output, DoubleTensor? labels, DoubleTensor? targetIds = null, DoubleTensor? targetWeights = null, double zLoss = 0)
    {
        if (kind == LossKind.Mse) return output.Data.Zip(labels!.Data, (y, t) => (y - t) * (y - t)).Average();
        int classes = output.Shape[^1], sequence = output.Rank == 3 ? output.Shape[1] : 1;
        double sum = 0;
        int count = 0;
        for (int row = 0; row < output.Data.Length / classes; row++)
        {
            if (kind == LossKind.CausalLm && row % sequence == sequence - 1) continue;
            int at = kind == LossKind.CausalLm ? row + 1 : row, targets = targetIds?.Shape[^1] ?? 0;
            double label = labels!.Data[at];
            if (label == -100) continue;
            double[] logits = output.Data[(row * classes)..((row + 1) * classes)];
            double max = logits.Max();
            double expected = targets == 0 ? logits[(int)label]
                : Enumerable.Range(at * targets, targets).Sum(i => targetWeights!.Data[i] * logits[(int)targetIds!.Data[i]]);
            double logDenominator = max + Math.Log(logits.Sum(v => Math.Exp(v - max)));
            sum += logDenominator - expected + (zLoss * logDenominator * logDenominator);
            count++;
        }
        return count == 0 ? 0 : sum / count;
    }
}
