using Glossa.Pipeline.Train;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Train;

/// <summary>A phase that trains some parameters leaves the others to the bit.</summary>
[TestFixture]
internal sealed class TrainerFreezeTests
{
    [TestCase("embeddings", "model.embed_tokens.weight|lm_head.weight")]
    [TestCase("*.mlp.fc1.*", "model.layers.0.mlp.fc1.weight")]
    public void Train_PartInTheSecondPhase_MovesThatPartAlone(string train, string moving)
    {
        using TinyTraining training = new();
        training.Train(ToyTraining.Phase("all", 3));
        Dictionary<string, float[]> before = training.Weights;
        training.Train(ToyTraining.Phase("part", 3, Optimizers.PatternOf(train)));
        string[] moved = [.. training.Weights.Where(now => !now.Value.AsSpan().SequenceEqual(before[now.Key])).Select(now => now.Key)];
        Assert.That(moved, Is.EquivalentTo(moving.Split('|')));
    }

    [Test]
    public void Train_AllAfterAPart_MovesEverything()
    {
        using TinyTraining training = new();
        training.Train(ToyTraining.Phase("part", 2, Optimizers.PatternOf("embeddings")));
        Dictionary<string, float[]> before = training.Weights;
        training.Train(ToyTraining.Phase("all", 3));
        Assert.That(training.Weights.Where(now => now.Value.AsSpan().SequenceEqual(before[now.Key])).Select(now => now.Key), Is.Empty);
    }

    [Test]
    public void Train_PatternOfNoParameter_SaysSo()
    {
        using TinyTraining training = new();
        Assert.That(() => training.Train(ToyTraining.Phase("part", 1, "*.biases")), Throws.TypeOf<InputException>().With.Message.Contains("'*.biases'").And.Message.Contains("'part'"));
    }
}
