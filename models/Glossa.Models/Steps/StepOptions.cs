using Glossa.Models.Losses;

namespace Glossa.Models.Steps;

/// <summary>How a training step is built from a forward graph.</summary>
public sealed record StepOptions
{
    /// <summary>The loss; labels of -100 are ignored.</summary>
    public LossKind Loss { get; init; } = LossKind.CausalLm;

    /// <summary>The output of the forward graph that the loss reads; null for the first.</summary>
    public string? Output { get; init; }

    /// <summary>Outputs of the forward graph that the step gives out as well, between the loss and the gradients.</summary>
    public IReadOnlyList<string> ExtraOutputs { get; init; } = [];

    /// <summary>A cross entropy grows by this times the squared logarithm of the softmax's denominator, the mean over its labels, which keeps logits near zero (Chowdhery and others, "PaLM", 2022); 0 leaves it alone.</summary>
    public float ZLoss { get; init; }

    /// <summary>
    /// Whether a cross entropy against labels reads a distribution in place of each label: inputs <c>target_ids</c> (int64) and <c>target_weights</c> (float32), shaped as the labels and an axis of
    /// named classes behind, whose weights sum to 1. The labels still say which positions count. Distillation and smoothed labels are such distributions.
    /// </summary>
    public bool SoftTargets { get; init; }

    /// <summary>How <see cref="LossKind.Embedding"/> compares texts.</summary>
    public EmbeddingOptions Embedding { get; init; } = new();

    /// <summary>Whether the logits are <c>[sequence, batch, vocabulary]</c> (Glossa's own training form) and not batch first; labels are always <c>[batch, sequence]</c>.</summary>
    public bool TimeMajor { get; init; }

    /// <summary>Whether gradients are added to <c>acc.*</c> inputs; bound to the same memory as the outputs, they accumulate in place.</summary>
    public bool Accumulate { get; init; }

    /// <summary>
    /// Whether the loss is the sum over labels (elements of the target, pairs, or the graph's own loss) times the input <c>loss_weight</c> (float scalar), so that
    /// micro-batches of a step add up to its mean; else it is the mean over those of the batch.
    /// </summary>
    public bool WeightedLoss { get; init; }

    /// <summary>Whether fused runtime operators may be used; without them the step is standard <c>ai.onnx</c> alone.</summary>
    public bool FusedOperators { get; init; } = true;

    /// <summary>
    /// Whether no shape may depend on data, only on the inputs' shapes, as a recorded sequence of launches on a GPU needs it: every position is then scored, ignored ones with weight zero.
    /// </summary>
    public bool StaticShapes { get; init; }

    /// <summary>Initializers that stay as they are.</summary>
    public Func<string, bool> IsFrozen { get; init; } = _ => false;
}

/// <summary>A training step: an ordinary ONNX model that gives the loss and the gradients.</summary>
/// <param name="Model">
/// Inputs: those of the forward graph, <c>labels</c> (or <c>target</c>, or neither), <c>target_ids</c> and <c>target_weights</c> for soft targets, <c>loss_weight</c> where asked for, every parameter under its own name, and <c>acc.*</c> where it
/// accumulates. Outputs: <c>loss</c> (scalar), extra ones where asked for, then <c>grad.*</c> in parameter order.
/// </param>
/// <param name="Parameters">Trainable tensors in the order of the inputs, with their shapes.</param>
public sealed record StepModel(Onnx.ModelProto Model, IReadOnlyList<(string Name, long[] Shape)> Parameters)
{
    /// <summary>Name of the loss output.</summary>
    public const string Loss = "loss";

    /// <summary>Name of the labels input.</summary>
    public const string Labels = "labels";

    /// <summary>Name of the input that names the classes of soft targets.</summary>
    public const string TargetIds = "target_ids";

    /// <summary>Name of the input that gives the weights of soft targets.</summary>
    public const string TargetWeights = "target_weights";

    /// <summary>Name of the input that a regression is compared with.</summary>
    public const string Target = "target";

    /// <summary>Name of the weight input of a weighted loss.</summary>
    public const string LossWeight = "loss_weight";

    /// <summary>The label that is ignored.</summary>
    public const long IgnoredLabel = -100;

    /// <summary>Whether the forward graph takes an <c>attention_mask</c>.</summary>
    public bool TakesAttentionMask => Model.Graph.Input.Any(input => input.Name == "attention_mask");

    /// <summary>A step that was stored: its parameters are the inputs that have a gradient output.</summary>
    public static StepModel Of(Onnx.ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> outputs = [.. model.Graph.Output.Select(output => output.Name)];
        return new StepModel(model, [.. model.Graph.Input.Where(input => outputs.Contains(Gradient(input.Name)))
            .Select(input => (input.Name, input.Type.TensorType.Shape.Dim.Select(dim => dim.DimValue).ToArray()))]);
    }

    /// <summary>The parameters' values in a forward graph, whose initializers they are.</summary>
    public Dictionary<string, float[]> ValuesIn(Onnx.ModelProto forward)
    {
        ArgumentNullException.ThrowIfNull(forward);
        Dictionary<string, Onnx.TensorProto> initializers = forward.Graph.Initializer.ToDictionary(initializer => initializer.Name);
        return Parameters.ToDictionary(parameter => parameter.Name, parameter => Onnx.OnnxFactory.Floats(initializers[parameter.Name]));
    }

    /// <summary>Name of a parameter's gradient output.</summary>
    public static string Gradient(string parameter) => "grad." + parameter;

    /// <summary>Name of a parameter's accumulator input.</summary>
    public static string Accumulator(string parameter) => "acc." + parameter;
}
