using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Mixed;

/// <summary>Additions to a step that keep its loss on a device: micro-batches add it up there, and a factor that lies there scales it.</summary>
public static class ScaledLoss
{
    /// <summary>Input and output of the factor and of the sum so far; the sum is the output <see cref="StepModel.Loss"/>.</summary>
    public const string Scale = "loss_scale", Accumulator = "acc.loss";

    /// <summary>Adds both to a step with accumulation and a weighted loss, which is left as it is.</summary>
    /// <param name="step">The step.</param>
    /// <param name="scaled">Whether loss and gradients are multiplied by the input <see cref="Scale"/> (float scalar).</param>
    public static StepModel Apply(StepModel step, bool scaled)
    {
        ArgumentNullException.ThrowIfNull(step);
        ModelProto model = step.Model.Clone();
        GraphProto graph = model.Graph;
        GraphIndex index = new(graph);
        GraphBuilder g = new(graph);
        NodeProto loss = index.Producer(StepModel.Loss)!;
        loss.Output[0] = g.Unique("loss.micro_batch");
        Value sum = g.Input(Accumulator, DataType.Float);
        NodeProto add = new() { OpType = "Add", Name = StepModel.Loss };
        add.Input.Add([sum.Name, loss.Output[0]]);
        add.Output.Add(StepModel.Loss);
        graph.Node.Add(add);
        if (scaled)
        {
            // All gradients come from the loss's weight, so it is the only place to scale.
            Value weight = new(StepModel.LossWeight), scale = g.Input(Scale, DataType.Float);
            Value product = g.Mul(weight, scale, "loss_weight.scaled");
            foreach (NodeProto reader in graph.Node.Where(node => !node.Output.Contains(product.Name)))
                for (int i = 0; i < reader.Input.Count; i++)
                    if (reader.Input[i] == StepModel.LossWeight) reader.Input[i] = product.Name;
        }
        GraphCleaning.SortTopologically(graph);
        TrainingStep.NumberEqualNodeNames(graph);
        return step with { Model = model };
    }
}
