using Glossa.Models.Building;

namespace Glossa.Models.Losses;

/// <summary>A distribution over classes for each row, zero where it names no class.</summary>
/// <param name="Ids">Classes, int64 <c>[rows, k]</c>; the weights of one that is named twice add up.</param>
/// <param name="Weights">Their weights <c>[rows, k]</c>, which sum to 1 in each row.</param>
internal sealed record SoftTargets(Value Ids, Value Weights);
