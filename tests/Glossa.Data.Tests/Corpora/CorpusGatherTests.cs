using System.IO.Hashing;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class CorpusGatherTests
{
    [Test]
    public void Write_HashesInParts_IsTheSameStore()
    {
        (byte[] store, long[] counts) = Gather(partTexts: 1 << 18);
        (byte[] parted, long[] same) = Gather(partTexts: 7);
        Assert.That(same, Is.EqualTo(counts));
        Assert.That(counts, Is.All.GreaterThan(0));
        Assert.That(parted, Is.EqualTo(store));
    }

    private static (byte[] Store, long[] Counts) Gather(int partTexts)
    {
        using TemporaryFolder folder = new();
        using TextSpill spill = new(folder.File("spill.partial"));
        SeededRandom random = new(1);
        for (int i = 0; i < 2000; i++)
        {
            // Of some hundred different texts most come again, in their split and in others.
            byte[] text = BitConverter.GetBytes(random.NextInt32(400));
            spill.Add(random.NextInt32(CorpusSplits.Count), XxHash128.HashToUInt128(text), -1, text);
        }
        CorpusGather gather = new(spill, folder.File("hashes.partial"), [], seed: 1, nearThreshold: null, partTexts);
        using MemoryStream stream = new();
        TextStoreWriter writer = new(stream, hasLabels: false);
        gather.Write(writer, 0, "en", trainBudget: 20);
        writer.Finish([]);
        return (stream.ToArray(), [gather.Duplicates, gather.TrainTextsHeldOut, gather.ValidTextsInTest, gather.BeyondBudget, .. CorpusSplits.All.Select(gather.Kept)]);
    }
}
