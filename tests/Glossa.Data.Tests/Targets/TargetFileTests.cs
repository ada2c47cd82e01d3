using Glossa.Data.Targets;
using Glossa.Data.Tests.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Targets;

public class TargetFileTests
{
    [TestCase(65_536)]
    [TestCase(65_537)]
    public void Write_AnyOrder_ReadsBackIdsAndProbabilities(int vocabulary)
    {
        using TemporaryFolder folder = new();
        int last = vocabulary - 1;
        using (TargetFileWriter writer = new(folder.File("t.targets"), [2, 0, 3], candidates: 2, vocabulary))
        {
            writer.Write(2, 1, [7, last, 8, 9], [0.75f, 0.25f, 0.3f, 0.1f]);
            writer.Write(2, 0, [1, 2], [0.5f, 0.5f]);
            writer.Write(0, 0, [3, 4, 5, 6], [0.5f, 0.25f, 1f, 0f]);
        }

        using TargetFile file = TargetFile.Open(folder.File("t.targets"));

        Assert.That((file.Candidates, file.TextCount), Is.EqualTo((2, 3)));
        int[] ids = new int[6];
        float[] probabilities = new float[6];
        file.Read(2, 0, ids, probabilities);
        Assert.That(ids, Is.EqualTo(new[] { 1, 2, 7, last, 8, 9 }));
        Assert.That(probabilities, Is.EqualTo(new[] { 0.5f, 0.5f, 0.75f, 0.25f, 0.3f, 0.1f }).Within(1e-3));
        Assert.That(probabilities.Chunk(2).Select(row => row.Sum()), Is.All.LessThanOrEqualTo(1 + 1e-6f));
        file.Read(0, 1, ids.AsSpan(0, 2), probabilities.AsSpan(0, 2));
        Assert.That((ids[0], ids[1], probabilities[0], probabilities[1]), Is.EqualTo((5, 6, 1f, 0f)));
    }

    [TestCase(1, 0)]
    [TestCase(0, 1)]
    public void Read_WhatIsNotThere_SaysSo(int text, int first)
    {
        using TemporaryFolder folder = new();
        using (TargetFileWriter writer = new(folder.File("t.targets"), [1, 0], candidates: 2, 100)) writer.Write(0, 0, [1, 2], [0.5f, 0.5f]);
        using TargetFile file = TargetFile.Open(folder.File("t.targets"));
        Assert.That(() => file.Read(text, first, new int[2], new float[2]), Throws.TypeOf<InputException>().With.Message.Contains("no predictions"));
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(60)]
    public void Open_CutFile_IsOneClearLine(int length)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("t.targets");
        new TargetFileWriter(path, [4, 2], candidates: 3, 100).Dispose();
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(length);
        Assert.That(() => TargetFile.Open(path).Dispose(), Throws.TypeOf<InputException>().With.Message.Contains("target file").And.Message.Contains("run the same command again"));
    }
}
