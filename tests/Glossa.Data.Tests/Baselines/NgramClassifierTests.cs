using Glossa.Data.Baselines;
using NUnit.Framework;

namespace Glossa.Data.Tests.Baselines;

public sealed class NgramClassifierTests
{
    private static readonly string[] English = ["the house is on the hill", "this is what they said", "there was nothing in the box", "when the night comes", "those who wait with them"];
    private static readonly string[] German = ["das Haus steht auf dem Berg", "es ist nicht so einfach", "wir haben nichts gefunden", "wenn die Nacht beginnt", "zwischen den Zeilen lesen"];

    [Test]
    public void Predict_UnseenTexts_TellsLanguagesApart()
    {
        NgramClassifier classifier = Train(1);
        Assert.That(classifier.Predict("they said that the night was on the hill"), Is.Zero);
        Assert.That(classifier.Predict("das ist nicht auf dem Berg"), Is.EqualTo(1));
        Assert.That(classifier.Predict(""), Is.InRange(0, 1));
    }

    [Test]
    public void Train_SameSeed_GivesTheSameAnswers()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"{English[i % 5][(i % 7)..]} {German[i % 3][(i % 11)..]}")];
        NgramClassifier one = Train(3), two = Train(3);
        Assert.That(texts.Select(two.Predict), Is.EqualTo(texts.Select(one.Predict)));
    }

    private static NgramClassifier Train(ulong seed) => NgramClassifier.Train([.. English, .. German], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 2, seed);
}
