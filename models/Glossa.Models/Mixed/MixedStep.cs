using Glossa.Models.Onnx;
using Glossa.Models.Steps;

namespace Glossa.Models.Mixed;

/// <summary>A training step whose matrix products are computed in 16 bits.</summary>
/// <param name="Step">The step; beside its own inputs it takes <see cref="HalfWeight"/> of every weight of <paramref name="HalfWeights"/>.</param>
/// <param name="HalfWeights">The parameters that products read.</param>
/// <param name="Casting">Rounds them: weights in, <see cref="HalfWeight"/> out; run once after each update, however many micro-batches a step has.</param>
public sealed record MixedStep(StepModel Step, IReadOnlyList<(string Name, long[] Shape)> HalfWeights, ModelProto Casting)
{
    /// <summary>Name of the rounded copy of a weight.</summary>
    public static string HalfWeight(string parameter) => "half." + parameter;
}
