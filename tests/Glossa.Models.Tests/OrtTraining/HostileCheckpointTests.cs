using Glossa.Models.OrtTraining.Checkpoints;
using NUnit.Framework;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Files that are cut short or altered are refused in one line or read soundly; none makes the reader crash, hang or take more memory than the file has.</summary>
[TestFixture]
internal sealed class HostileCheckpointTests
{
    private static byte[] Whole()
    {
        OrtCheckpoint checkpoint = new()
        {
            Trainable = [OrtTensor.Of("a.weight", [3, 2], [1, 2, 3, 4, 5, 6]), OrtTensor.Of("a.bias", [2], [7, 8])],
            Frozen = [OrtTensor.Of("b", [1], [9])],
            OptimizerGroups = [new("group0", 1, 0.1f, [new("a.weight", [OrtTensor.Of("momentum0", [3, 2], [1, 2, 3, 4, 5, 6])])])],
            Properties = [new("epoch", 3L), new("note", "text")],
        };
        return CheckpointTests.Written(checkpoint);
    }

    [Test]
    public void Parse_EveryTruncation_IsRefused()
    {
        byte[] whole = Whole();
        // The writer builds from the end: what is cut off is something that the root leads to, but for the zeros that fill up the last word.
        int used = whole.AsSpan().LastIndexOfAnyExcept((byte)0) + 2;
        Assert.That(whole.Length - used, Is.LessThan(8));
        for (int length = 0; length < whole.Length; length++)
        {
            int cut = length;
            if (cut >= used) Assert.That(CheckpointTests.Describe(OrtCheckpointFile.Parse(whole.AsMemory(0, cut))), Is.EqualTo(CheckpointTests.Describe(OrtCheckpointFile.Parse(whole))));
            else Assert.That(() => OrtCheckpointFile.Parse(whole.AsMemory(0, cut)), Throws.TypeOf<InputException>(), $"{cut} of {whole.Length} bytes");
        }
    }

    [Test]
    public void Parse_EveryByteSetToExtremes_IsRefusedOrSound()
    {
        byte[] whole = Whole();
        (int refused, int read) = (0, 0);
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7F, 0x80, 0xFF])
            {
                byte[] altered = [.. whole];
                altered[i] = value;
                if (Parses(altered)) read++;
                else refused++;
            }
        }
        Assert.That(refused, Is.GreaterThan(100));
        Assert.That(read, Is.GreaterThan(100));
    }

    [Test]
    public void Parse_RandomFlips_IsRefusedOrSound()
    {
        byte[] whole = Whole();
        SeededRandom random = new(3);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] altered = [.. whole];
            for (int flips = 1 + random.NextInt32(6); flips > 0; flips--) altered[random.NextInt32(altered.Length)] ^= (byte)(1 << random.NextInt32(8));
            if (!Parses(altered)) refused++;
        }
        Assert.That(refused, Is.GreaterThan(1000));
    }

    /// <summary>True where it is read; then every tensor holds what its shape claims.</summary>
    private static bool Parses(byte[] bytes)
    {
        try
        {
            OrtCheckpoint read = OrtCheckpointFile.Parse(bytes);
            foreach (OrtTensor tensor in read.Parameters.Where(_ => !read.IsNominal))
                Assert.That(tensor.Floats(), Has.Length.EqualTo(tensor.Shape.Aggregate(1L, (a, b) => a * b)));
            return true;
        }
        catch (InputException e)
        {
            Assert.That(e.Message, Does.Not.Contain("\n"));
            return false;
        }
    }
}
