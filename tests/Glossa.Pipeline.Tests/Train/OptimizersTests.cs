using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Train;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using NUnit.Framework;
using OptimizerKind = Glossa.Training.Optimizers.OptimizerKind;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>Which rule and which rate every kind of parameter gets.</summary>
[TestFixture]
internal sealed class OptimizersTests
{
    private const string Embedding = "model.embed_tokens.weight", Head = "lm_head.weight", Matrix = "model.layers.0.mlp.fc1.weight", Bias = "model.layers.0.mlp.fc1.bias";

    private static readonly OptimizerConfig Rates = new() { MuonLearningRate = 0, MatrixLearningRate = 0.1, EmbeddingLearningRate = 0.2, HeadLearningRate = 0.3, ScalarLearningRate = 0.4, WeightDecay = 0.5 };

    [Test]
    public void Of_AdamWAlone_EveryKindHasItsRateAndMatricesDecay()
    {
        Dictionary<string, OptimizerGroupOptions> groups = Groups(Rates, tiedHead: false);
        Assert.That(groups.Values.Select(group => group.Kind), Is.All.EqualTo(OptimizerKind.AdamW));
        Assert.That(groups.Select(group => (group.Key, group.Value.LearningRate, group.Value.WeightDecay)),
            Is.EquivalentTo(new[] { (Embedding, 0.2f, 0f), (Head, 0.3f, 0f), (Matrix, 0.1f, 0.5f), (Bias, 0.4f, 0f) }));
    }

    [Test]
    public void Of_TiedHead_EmbeddingLearnsAtTheHeadsRate() => Assert.That(Groups(Rates, tiedHead: true)[Embedding].LearningRate, Is.EqualTo(0.3f));

    [Test]
    public void Of_NoMatrixRate_MatricesTakeTheScalarsRate() => Assert.That(Groups(Rates with { MatrixLearningRate = null }, tiedHead: false)[Matrix].LearningRate, Is.EqualTo(0.4f));

    [Test]
    public void Of_Muon_TakesTheMatrices()
    {
        Dictionary<string, OptimizerGroupOptions> groups = Groups(Rates with { MuonLearningRate = 0.6 }, tiedHead: false);
        Assert.That((groups[Matrix].Kind, groups[Matrix].LearningRate, groups[Bias].Kind), Is.EqualTo((OptimizerKind.Muon, 0.6f, OptimizerKind.AdamW)));
    }

    private static Dictionary<string, OptimizerGroupOptions> Groups(OptimizerConfig config, bool tiedHead) => ParameterGroup.Assign(
            new ParameterLayout([(Embedding, [8L, 4L]), (Head, [4L, 8L]), (Matrix, [4L, 4L]), (Bias, [4L])]), Optimizers.Of(config, tiedHead))
        .SelectMany(group => group.Slots.Select(slot => (slot.Name, group.Options))).ToDictionary(pair => pair.Name, pair => pair.Options);
}
