using Glossa.Data.Batches;
using Glossa.Data.Targets;
using Glossa.Pipeline.Distill;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Distill;

/// <summary>What a step is compared with at each position.</summary>
internal sealed class TeacherTargetsTests
{
    [Test]
    public void Fill_WindowOfAText_GivesEachPositionTheTokenAndItsPredictions()
    {
        using TemporaryFolder folder = new();
        using (TargetFileWriter writer = new(folder["targets.bin"], [0, 4], candidates: 2, 100))
            writer.Write(1, 0, [10, 11, 20, 21, 30, 31, 40, 41], [0.5f, 0.5f, 0.75f, 0.25f, 0.25f, 0.75f, 0.6f, 0.2f]);
        using TeacherTargets targets = new(folder["targets.bin"], 0.5);
        Assert.That(targets.Classes, Is.EqualTo(3));

        // The third position of the text's sequence, given, and the two after it, which are predictions 2 and 3.
        long[] ids = new long[9];
        float[] weights = new float[9];
        targets.Fill(new TrainingWindow(1, 2, 3), [5, 31, 7], ids, weights);

        Assert.That(weights[..3], Is.All.Zero, "nothing predicts the position that is given");
        Assert.That(ids[3..], Is.EqualTo(new long[] { 31, 30, 31, 7, 40, 41 }));
        // The token that follows is a candidate too: it has its weight once, in its own place.
        Assert.That(weights[3..], Is.EqualTo(new[] { 0.875f, 0.125f, 0, 0.6f, 0.3f, 0.1f }).Within(1e-3));
        Assert.That(weights.Sum(), Is.EqualTo(2).Within(1e-6), "what no candidate has is the token's");
    }

    [Test]
    public void Fill_TextAlone_GivesTheTokenAllWeight()
    {
        using TeacherTargets targets = TeacherTargets.OfTextAlone(2);
        long[] ids = new long[6];
        float[] weights = new float[6];
        targets.Fill(new TrainingWindow(0, 0, 2), [5, 6], ids, weights);
        Assert.That((ids[3], weights[3], weights.Sum()), Is.EqualTo((6L, 1f, 1f)));
    }
}
