using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class TextSpillTests
{
    [Test]
    public void Read_TextsThroughMemoryAndFile_ComeBackInOrder()
    {
        using TemporaryFolder folder = new();
        int run = 0;
        Gen<(int Bucket, int Length)> add = Gen.Select(Gen.Int[0, 40], Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, 300], Gen.Int[0, 90_000]));
        Gen.Select(add.Array[0, 400], Gen.Int[0, 1 << 20]).Sample((adds, memory) =>
        {
            using TextSpill spill = new(folder.File($"{run++}.partial"), memory);
            Dictionary<int, List<(int Label, byte[] Text)>> model = [];
            for (int i = 0; i < adds.Length; i++)
            {
                byte[] text = new byte[adds[i].Length];
                new Random(i).NextBytes(text);
                spill.Add(adds[i].Bucket, (UInt128)i, i - 1, text);
                if (!model.TryGetValue(adds[i].Bucket, out List<(int, byte[])>? list)) model.Add(adds[i].Bucket, list = []);
                list.Add((i - 1, text));
            }
            for (int bucket = 0; bucket <= 41; bucket++)
            {
                List<(int Label, byte[] Text)> expected = model.GetValueOrDefault(bucket, []);
                Assert.That(spill.Count(bucket), Is.EqualTo(expected.Count));
                using TextSpill.Cursor cursor = spill.Read(bucket);
                foreach ((int label, byte[] text) in expected)
                {
                    Assert.That(cursor.Next(), Is.True);
                    Assert.That((cursor.Label, cursor.Hash, cursor.Text.SequenceEqual(text)), Is.EqualTo((label, (UInt128)(label + 1), true)));
                }
                Assert.That(cursor.Next(), Is.False);
            }
        }, iter: 40, threads: 1);
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Add_MoreThanTheMemory_UsesOneFileThatGoesAway()
    {
        using TemporaryFolder folder = new();
        using (TextSpill spill = new(folder.File("spill"), 100_000))
        {
            for (int i = 0; i < 10; i++) spill.Add(i, (UInt128)i, -1, new byte[5_000]);
            Assert.That(spill.UsesFile, Is.False);
            for (int i = 0; i < 30; i++) spill.Add(i, (UInt128)i, -1, new byte[20_000]);
            Assert.That(spill.UsesFile, Is.True);
        }
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Add_FileThatCannotBeMade_FailsAsWorkAndDisposesQuietly()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("file", "");
        TextSpill spill = new(Path.Combine(file, "spill"), 0);
        Assert.That(() => spill.Add(0, UInt128.One, -1, new byte[50_000]), Throws.TypeOf<WorkException>().With.Message.Contains("spill"));
        Assert.That(spill.Dispose, Throws.Nothing);
    }
}
