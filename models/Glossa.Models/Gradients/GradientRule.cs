using Glossa.Models.Shapes;

namespace Glossa.Models.Gradients;

/// <summary>How the gradient of one operator is written as nodes.</summary>
/// <param name="Apply">Appends the nodes and hands each wanted input its gradient; only called where a gradient reaches an output.</param>
/// <param name="Carriers">The inputs that can carry a gradient; null for all of them, empty for an operator that stops gradients.</param>
/// <param name="Restrictions">What the rule does not cover, for the operator list; empty where it covers the specification.</param>
/// <param name="CarriesIntegers">True where the operator's integers stand for real numbers, whose gradient passes (quantized values).</param>
public sealed record GradientRule(Action<GradientContext> Apply, IReadOnlyList<int>? Carriers = null, string Restrictions = "", bool CarriesIntegers = false)
{
    /// <summary>True where an input at this place can carry a gradient.</summary>
    public bool Carries(int input) => Carriers is null || Carriers.Contains(input);
}

/// <summary>Collects the rules of one family under their operators' names.</summary>
internal sealed class RuleCollector(Dictionary<(string Domain, string OpType), GradientRule> table)
{
    internal void Add(string opType, Action<GradientContext> apply, int[]? carriers = null, string restrictions = "", string domain = "") =>
        table.Add((domain, opType), new GradientRule(apply, carriers, restrictions));

    internal void AddQuantizing(string opType, Action<GradientContext> apply, string restrictions) =>
        table.Add(("", opType), new GradientRule(apply, [0], restrictions, true));

    /// <summary>An operator whose output is constant to the gradient (integers, booleans, steps).</summary>
    internal void Stop(string opType, string restrictions = "", string domain = "") => Add(opType, static _ => { }, [], restrictions, domain);
}
