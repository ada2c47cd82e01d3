using System.Globalization;
using System.Text;
using Glossa.Models.Gradients.Expansions;

namespace Glossa.Models.Gradients;

/// <summary>What happens to a gradient at an operator.</summary>
public enum OperatorKind
{
    /// <summary>It passes by a rule.</summary>
    Rule,

    /// <summary>The operator is replaced by plain ones first.</summary>
    Expansion,

    /// <summary>It ends: the result is constant to the gradient (integers, booleans, steps, random numbers).</summary>
    Stops,

    /// <summary>The operator is refused, with advice.</summary>
    Refused,
}

/// <summary>An operator as <c>glossa ops</c> lists it.</summary>
/// <param name="Name">Its name, the domain in front where it is not ai.onnx.</param>
/// <param name="Kind">What happens to a gradient.</param>
/// <param name="Since">The first operator set that is covered; 1 for domains of their own.</param>
/// <param name="Notes">What is not covered, or what to do instead.</param>
public sealed record OperatorSupport(string Name, OperatorKind Kind, int Since, string Notes);

/// <summary>All operators that the tables know.</summary>
public static class OperatorList
{
    /// <summary>The operator set that older graphs are brought to: what was there by then is listed without a version.</summary>
    public const int Oldest = (int)Import.OperatorSetUpgrade.Target;

    // Standard operators that came later.
    private static readonly Dictionary<string, int> Introduced = new(StringComparer.Ordinal)
    {
        ["Trilu"] = 14,
        ["HardSwish"] = 14,
        ["Bernoulli"] = 15,
        ["CastLike"] = 15,
        ["LayerNormalization"] = 17,
        ["BitwiseAnd"] = 18,
        ["BitwiseOr"] = 18,
        ["BitwiseXor"] = 18,
        ["BitwiseNot"] = 18,
        ["GroupNormalization"] = 18,
        ["Mish"] = 18,
        ["Gelu"] = 20,
        ["Attention"] = 23,
        ["RMSNormalization"] = 23,
        ["RotaryEmbedding"] = 23,
        ["Swish"] = 24,
    };

    /// <summary>The operators by name, ai.onnx first.</summary>
    public static IReadOnlyList<OperatorSupport> All { get; } =
    [
        .. GradientRules.Table.Select(r => Entry(r.Key, r.Value.Carriers is { Count: 0 } ? OperatorKind.Stops : OperatorKind.Rule, r.Value.Restrictions))
            .Concat(CompositeOperators.Table.Select(e => Entry(e.Key, OperatorKind.Expansion, e.Value.Restrictions)))
            .Concat(RefusedOperators.Advice.Select(r => Entry(r.Key, OperatorKind.Refused, r.Value)))
            .OrderBy(o => o.Name.Contains('.', StringComparison.Ordinal)).ThenBy(o => o.Name, StringComparer.Ordinal),
    ];

    private static OperatorSupport Entry((string Domain, string OpType) key, OperatorKind kind, string notes) => key.Domain.Length == 0
        ? new OperatorSupport(key.OpType, kind, Introduced.GetValueOrDefault(key.OpType, Oldest), notes)
        : new OperatorSupport(key.Domain + "." + key.OpType, kind, 1, notes);

    /// <summary>How a kind reads in a table.</summary>
    public static string Describe(OperatorKind kind) => kind switch
    {
        OperatorKind.Rule => "rule",
        OperatorKind.Expansion => "expanded",
        OperatorKind.Stops => "stops the gradient",
        _ => "refused",
    };

    /// <summary>The list as the document <c>docs/operators.md</c>.</summary>
    public static string Markdown()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $$"""
            # Operators

            Written by `glossa ops --markdown`; a test holds it equal to the tables in `models/Glossa.Models/Gradients`.

            - **rule**: the gradient passes by a rule of its own, held to finite differences in double precision over drawn shapes, attributes and broadcasting.
            - **expanded**: where a gradient passes, the operator is first replaced by plain operators that compute the same; elsewhere it stays as it is.
            - **stops the gradient**: the result is constant to the gradient.
            - **refused**: an error names the node and gives the advice of the last column.

            Any other operator fails by its name where a gradient would have to pass it. Graphs of operator set {{Import.OperatorSets.Oldest}} and later are read, those before {{Oldest}} as {{Oldest}}; "since" is the first set that has the operator, where
            it came later. The domain `com.microsoft` holds what ONNX Runtime's optimizer and quantizer write.

            Conventions where a derivative is not unique, or infinite:

            - Elements that are the maximum or minimum together share its gradient evenly (ReduceMax, ReduceMin, Max, Min, scatter reductions); TopK, MaxPool and GlobalMaxPool give it to the element that they chose.
            - Abs, Relu, Sign at 0: 0. Clip at its bounds: the gradient passes. Sqrt and Pow(x, 0.5) at 0, norms of a zero vector: 0.
            - A softmax row that is masked as a whole is NaN; where the graph chooses something else in its place (Where), its gradient is 0.
            - Rounding inside QuantizeLinear passes the gradient on within the range of the integers and stops it outside; Round, Floor and Ceil as operators stop it.


            """);
        Table(text, "ai.onnx", All.Where(o => !o.Name.Contains('.', StringComparison.Ordinal)));
        text.Append('\n');
        Table(text, GradientRules.Microsoft, All.Where(o => o.Name.Contains('.', StringComparison.Ordinal)));
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static void Table(StringBuilder text, string domain, IEnumerable<OperatorSupport> operators)
    {
        text.Append(CultureInfo.InvariantCulture, $"## {domain}\n\n| operator | gradient | since | not covered; advice |\n|---|---|---|---|\n");
        foreach (OperatorSupport o in operators)
        {
            string since = o.Since > Oldest ? o.Since.ToString(CultureInfo.InvariantCulture) : "";
            text.Append(CultureInfo.InvariantCulture, $"| {o.Name[(o.Name.LastIndexOf('.') + 1)..]} | {Describe(o.Kind)} | {since} | {o.Notes} |\n");
        }
    }
}
