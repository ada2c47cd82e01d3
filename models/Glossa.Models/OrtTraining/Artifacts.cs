using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining.Checkpoints;

namespace Glossa.Models.OrtTraining;

/// <summary>What ONNX Runtime Training loads.</summary>
/// <param name="Training">
/// Inputs: the user's, the parameters, a gradient buffer for each trained one, <c>lazy_reset_grad</c>. Outputs: the loss (scalar), extra ones, then one flag for each trained parameter.
/// </param>
/// <param name="Evaluation">Inputs: the user's, then the parameters in the same order. Outputs: the loss, then the extra ones.</param>
/// <param name="Optimizer">One step over sequences of parameters, gradients and moments.</param>
/// <param name="Checkpoint">The parameters.</param>
/// <param name="Notes">What a user should know, one line each.</param>
public sealed record Artifacts(ModelProto Training, ModelProto Evaluation, ModelProto Optimizer, OrtCheckpoint Checkpoint, IReadOnlyList<string> Notes);
