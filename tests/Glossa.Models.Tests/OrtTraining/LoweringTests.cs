using CsCheck;
using Glossa.Models.Building;
using Glossa.Models.Gradients.Expansions;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining.Lowering;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Gradients;
using NUnit.Framework;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Operators that came after operator set 21, against what they are written in, over drawn shapes and attributes, in double.</summary>
[TestFixture]
internal sealed class LoweringTests
{
    private static readonly Dictionary<string, Gen<Func<RuleCase>>> Cases = Collect();

    private static Dictionary<string, Gen<Func<RuleCase>>> Collect()
    {
        Dictionary<string, Gen<Func<RuleCase>>> cases = [];
        AttentionCases.AddTo(cases);
        NormalizationCases.AddTo(cases);
        ActivationCases.AddTo(cases);
        return cases;
    }

    [TestCase("Attention")]
    [TestCase("Attention/causal")]
    [TestCase("Attention/cache")]
    [TestCase("RotaryEmbedding")]
    [TestCase("RMSNormalization")]
    [TestCase("Swish")]
    public void Apply_NewerOperator_GivesTheSameValues(string name) => Cases[name].Sample(make =>
    {
        RuleCase test = make();
        IReadOnlyDictionary<string, DoubleTensor> expected = new DoubleEvaluator(test.G.Graph.Clone()).Run(test.Feeds, test.Outputs);
        CompositeOperators.Apply(test.G, ShapeMap.Infer(test.G.Graph), NewerOperators.Table, _ => true);
        Assert.That(test.G.Graph.Node.Any(node => NewerOperators.Table.ContainsKey((node.Domain, node.OpType))), Is.False);
        IReadOnlyDictionary<string, DoubleTensor> lowered = new DoubleEvaluator(test.G.Graph).Run(test.Feeds, test.Outputs);
        foreach ((string output, DoubleTensor value) in expected)
        {
            Assert.That(lowered[output].Shape, Is.EqualTo(value.Shape), output);
            Assert.That(lowered[output].Data, Is.EqualTo(value.Data).Within(1e-6), output);
        }
    }, iter: 60, seed: "0000000000000", threads: 1);
}
