using Glossa.Models.Onnx;
using Glossa.Models.TaskHeads;
using NUnit.Framework;

namespace Glossa.Models.Tests.TaskHeads;

public sealed class ClassificationHeadTests
{
    [TestCase(Pooling.Mean)]
    [TestCase(Pooling.First)]
    public void Attach_TokenStates_PoolsAndProjects(Pooling pooling)
    {
        ModelProto model = BertFixture.Read("feature-extraction");
        HeadedModel headed = ClassificationHead.Attach(model, new HeadOptions { Classes = 3, Pooling = pooling, Seed = 5 });
        Assert.That(headed.NewParameters, Is.EqualTo(new[] { "classifier.weight", "classifier.bias" }));
        Assert.That(headed.Model.Graph.Output.Select(output => output.Name), Is.EqualTo(new[] { "logits" }));

        float[] states = BertFixture.Run(model, "last_hidden_state"), weight = Values(headed.Model, "classifier.weight");
        float[] expected = [.. Enumerable.Range(0, BertFixture.Rows).SelectMany(row =>
        {
            float[] pooled = Pooled(states, row, pooling);
            return Enumerable.Range(0, 3).Select(c => Enumerable.Range(0, BertFixture.Hidden).Sum(i => pooled[i] * weight[(c * BertFixture.Hidden) + i]));
        })];
        Assert.That(BertFixture.Run(headed.Model, "logits"), Is.EqualTo(expected).Within(1e-5));
    }

    [Test]
    public void Attach_Twice_GivesTheSameBits()
    {
        HeadOptions options = new() { Classes = 4, Seed = 9 };
        ModelProto one = ClassificationHead.Attach(BertFixture.Read("feature-extraction"), options).Model, two = ClassificationHead.Attach(BertFixture.Read("feature-extraction"), options).Model;
        Assert.That(one, Is.EqualTo(two));
        Assert.That(one, Is.Not.EqualTo(ClassificationHead.Attach(BertFixture.Read("feature-extraction"), options with { Seed = 10 }).Model));
    }

    [Test]
    public void Attach_HeadThatFits_IsKept()
    {
        ModelProto model = BertFixture.Read("text-classification");
        HeadedModel headed = ClassificationHead.Attach(model, new HeadOptions { Classes = 3 });
        Assert.That(headed.NewParameters, Is.Empty);
        Assert.That(headed.Note, Is.Null);
        Assert.That(BertFixture.Run(headed.Model, "logits"), Is.EqualTo(BertFixture.Run(model, "logits")));
    }

    [Test]
    public void Attach_HeadOfAnotherWidth_IsReplaced()
    {
        HeadedModel headed = ClassificationHead.Attach(BertFixture.Read("text-classification"), new HeadOptions { Classes = 5 });
        Assert.That(headed.Note, Is.EqualTo("the head of 3 classes was replaced by a new one of 5"));
        Assert.That(headed.NewParameters.Select(name => headed.Model.Graph.Initializer.Single(i => i.Name == name).Dims.ToArray()),
            Is.EqualTo(new long[][] { [5, BertFixture.Hidden], [5] }));
        Assert.That(BertFixture.Run(headed.Model, "logits"), Has.Length.EqualTo(BertFixture.Rows * 5));
    }

    [Test]
    public void Attach_PredictorOfTokens_SaysSo() =>
        Assert.That(() => ClassificationHead.Attach(BertFixture.Read("fill-mask"), new HeadOptions { Classes = 2 }),
            Throws.TypeOf<InputException>().With.Message.Contains("it predicts tokens, not classes of texts"));

    [Test]
    public void Attach_NothingToClassifyBy_NamesTheOutputs()
    {
        ModelProto model = BertFixture.Read("feature-extraction");
        model.Graph.Output[0] = OnnxFactory.ValueInfo("scores", TensorProto.Types.DataType.Float, "batch");
        Assert.That(() => ClassificationHead.Attach(model, new HeadOptions { Classes = 2 }), Throws.TypeOf<InputException>().With.Message.Contains("'scores'"));
    }

    private static float[] Pooled(float[] states, int row, Pooling pooling)
    {
        float[] pooled = new float[BertFixture.Hidden];
        int count = 0;
        for (int position = 0; position < BertFixture.Length; position++)
        {
            int cell = (row * BertFixture.Length) + position;
            if (pooling == Pooling.Mean ? BertFixture.AttentionMask[cell] == 0 : position > 0) continue;
            count++;
            for (int i = 0; i < pooled.Length; i++) pooled[i] += states[(cell * BertFixture.Hidden) + i];
        }
        return Array.ConvertAll(pooled, value => value / count);
    }

    private static float[] Values(ModelProto model, string name) => OnnxFactory.Floats(model.Graph.Initializer.Single(i => i.Name == name));
}
