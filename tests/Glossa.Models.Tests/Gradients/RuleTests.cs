using CsCheck;
using Glossa.Models.Gradients;
using Glossa.Models.Gradients.Expansions;
using NUnit.Framework;

namespace Glossa.Models.Tests.Gradients;

/// <summary>Every rule of the table over drawn shapes and attributes.</summary>
[TestFixture]
public sealed class RuleTests
{
    private const int CasesPerRule = 100;

    // Opening an ONNX Runtime session costs more than all else in a case.
    private const int RuntimeEvery = 6;

    private static readonly Dictionary<string, Gen<Func<RuleCase>>> Cases = Collect();

    /// <summary>The operators that cases stand for.</summary>
    internal static IEnumerable<string> Covered => Cases.Keys.Select(k => k.Split('/')[0]).Distinct();

    private static IEnumerable<string> Operators => Cases.Keys.Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Operators))]
    public void Gradient_MatchesDifferencesInDoubleAndRuntimeInFloat(string name)
    {
        int count = 0;
        Cases[name].Sample(make => RuleCheck.Verify(make(), count++ % RuntimeEvery == 0), iter: CasesPerRule, threads: 1, print: make => make().ToString());
        Assert.That(count, Is.GreaterThanOrEqualTo(CasesPerRule));
    }

    [Test]
    public void Table_EveryRuleThatCarriesAGradientHasCases()
    {
        string[] untested = [.. GradientRules.Table
            .Where(r => r.Value.Carriers is not { Count: 0 } && !r.Value.CarriesIntegers)
            .Select(r => r.Key)
            .Concat(CompositeOperators.Table.Keys)
            .Select(key => Name(key.Domain, key.OpType))
            .Except(Covered)];
        Assert.That(untested, Is.Empty);
    }

    [Test]
    public void Cases_NameOperatorsThatHaveARule() => Assert.That(
        Covered, Is.SubsetOf(GradientRules.Table.Keys.Concat(CompositeOperators.Table.Keys).Select(k => Name(k.Domain, k.OpType))));

    private static string Name(string domain, string opType) => domain.Length == 0 ? opType : domain + "." + opType;

    private static Dictionary<string, Gen<Func<RuleCase>>> Collect()
    {
        Dictionary<string, Gen<Func<RuleCase>>> cases = [];
        ElementwiseCases.AddTo(cases);
        ActivationCases.AddTo(cases);
        MatrixCases.AddTo(cases);
        NormalizationCases.AddTo(cases);
        ShapeCases.AddTo(cases);
        GatherCases.AddTo(cases);
        ReductionCases.AddTo(cases);
        AttentionCases.AddTo(cases);
        ControlCases.AddTo(cases);
        ResamplingCases.AddTo(cases);
        FusedCases.AddTo(cases);
        FusedAttentionCases.AddTo(cases);
        return cases;
    }
}
