using System.Collections.Frozen;

namespace Glossa.Models.Gradients;

/// <summary>The table of gradient rules, one per operator.</summary>
public static class GradientRules
{
    /// <summary>Domain of the operators that ONNX Runtime adds to the standard.</summary>
    public const string Microsoft = "com.microsoft";

    /// <summary>Rules by domain ("" for ai.onnx) and operator.</summary>
    public static IReadOnlyDictionary<(string Domain, string OpType), GradientRule> Table { get; } = Build();

    private static FrozenDictionary<(string Domain, string OpType), GradientRule> Build()
    {
        Dictionary<(string Domain, string OpType), GradientRule> table = [];
        RuleCollector rules = new(table);
        ElementwiseRules.AddTo(rules);
        ActivationRules.AddTo(rules);
        MatrixRules.AddTo(rules);
        NormalizationRules.AddTo(rules);
        ShapeRules.AddTo(rules);
        GatherRules.AddTo(rules);
        ReductionRules.AddTo(rules);
        AttentionRules.AddTo(rules);
        ControlRules.AddTo(rules);
        ResamplingRules.AddTo(rules);
        QuantizationRules.AddTo(rules);
        FusedRules.AddTo(rules);
        return table.ToFrozenDictionary();
    }
}
