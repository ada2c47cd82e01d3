using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Steps;

/// <summary>
/// Cross entropy on a language model's logits, with its gradient in closed form: softmax minus the one-hot target, never a one-hot
/// matrix. Where the logits come from a matrix product with a weight, only the scored positions are multiplied and the label
/// weights scale the narrow operands, so that the logits are passed over as seldom as possible.
/// </summary>
internal sealed class CrossEntropyHead(GraphBuilder g, StepOptions options)
{
    /// <summary>The smallest normal float: the loss of a label whose probability underflows stays finite.</summary>
    private const float Tiny = 1.17549435e-38f;

    /// <summary>Appends the loss; gives it and the gradients that flow into the forward graph.</summary>
    public (Value Loss, Dictionary<string, Value> Seeds) Attach(string logits)
    {
        using IDisposable scope = g.Scope("loss");
        GraphIndex index = new(g.Graph);
        Dictionary<string, Value> seeds = [];
        NodeProto? product = index.Producer(logits, "MatMul");
        bool fromWeight = product is not null && index.Initializer(product.Input[1]) is { Dims.Count: 2 };
        Value rows_MV;
        Value scored = Scored(fromWeight ? new Value(product!.Input[0]) : new Value(logits));
        Value flat = g.Reshape(g.Op("Flatten", [scored], "scored.flat", "", OnnxFactory.Attribute("axis", 2L)), [0, -1], "rows");
        rows_MV = fromWeight ? g.MatMul(flat, new Value(product!.Input[1]), "logits") : flat;

        (Value target, Value weight) = Targets();
        Value probability_MV = g.Softmax(rows_MV, -1, "probability");
        Value rowNumbers = g.Op("Range", [g.Constant(0L), g.Gather(g.Shape(target), g.Constant(0L), 0, "row_count"), g.Constant(1L)], "row_numbers");
        Value cells = g.Concat([g.Unsqueeze(rowNumbers, [1]), g.Unsqueeze(target, [1])], 1, "target_cells");
        Value targetProbability = g.Op("GatherND", [probability_MV, cells], "target_probability");
        Value nats = g.Neg(g.Op("Log", [g.Op("Max", [targetProbability, g.Constant(Tiny)])], "log_probability"), "nats");
        Value loss = g.ReduceSum(g.Mul(nats, weight, "weighted_nats"), [0], false, "sum");

        // The probabilities are read for the last time here, so the runtime subtracts the one-hot target in place.
        Value gradient_MV = g.Op("ScatterND", [probability_MV, cells, g.Sub(targetProbability, g.Constant(1f), "target_gradient")], "gradient");
        Value weight_M1 = g.Unsqueeze(weight, [1], "weight_column");
        if (fromWeight)
        {
            Value head = new(product!.Input[1]);
            seeds[flat.Name] = g.Mul(g.MatMul(gradient_MV, g.Transpose(head, [1, 0], "head_transposed"), "hidden_gradient_unweighted"), weight_M1, "hidden_gradient");
            Value weighted = g.Mul(flat, weight_M1, "hidden_weighted");
            seeds[head.Name] = g.MatMul(g.Transpose(weighted, [1, 0], "hidden_transposed"), gradient_MV, "head_gradient");
        }
        else
        {
            seeds[rows_MV.Name] = g.Mul(gradient_MV, weight_M1, "gradient_weighted");
        }
        return (loss, seeds);
    }

    // The positions that have a label to predict: all, or all but the last of each sequence where the labels are shifted.
    private Value Scored(Value values) => options.Loss == LossKind.CausalLm
        ? g.Op("Slice", [values, g.Ints(0), g.Ints(-1), g.Ints(options.TimeMajor ? 0 : 1)], "scored")
        : values;

    private (Value Target, Value Weight) Targets()
    {
        Value labels = g.Input(StepModel.Labels, DataType.Int64, "batch", "sequence");
        if (options.Loss == LossKind.CausalLm)
            labels = g.Op("Slice", [labels, g.Ints(1), g.Ints(long.MaxValue), g.Ints(1)], "labels.next");
        if (options.TimeMajor) labels = g.Transpose(labels, [1, 0], "labels.time_major");
        labels = g.Reshape(labels, [-1], "labels.flat");
        Value ignored = g.Op("Equal", [labels, g.Constant(StepModel.IgnoredLabel)], "labels.ignored");
        Value target = g.Where(ignored, g.Constant(0L), labels, "target");
        Value counted = g.Cast(g.Op("Not", [ignored], "labels.kept"), DataType.Float, "counted");
        Value scale = options.WeightedLoss
            ? g.Input(StepModel.LossWeight, DataType.Float)
            : g.Op("Reciprocal", [g.Op("Max", [g.ReduceSum(counted, [0], false, "count"), g.Constant(1f)])], "mean");
        return (target, g.Mul(counted, scale, "weight"));
    }
}
