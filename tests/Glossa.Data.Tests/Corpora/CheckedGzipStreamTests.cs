using System.IO.Compression;
using System.Text;
using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class CheckedGzipStreamTests
{
    [Test]
    public void Read_SeveralMembersAndPadding_GivesAllContent()
    {
        Gen.Select(Gen.Byte[0, 7].Array[0, 40_000].Array[1, 4], Gen.Int[0, 3], Gen.Int[1, 70_000], Gen.OneOf(CompressionLevel.Optimal, CompressionLevel.NoCompression))
            .Sample((parts, padding, piece, level) =>
            {
                byte[] compressed = [.. parts.SelectMany(p => Gzip.Compress(p, level)), .. new byte[padding]];
                Assert.That(Decompress(new Trickle(compressed, piece)), Is.EqualTo(parts.SelectMany(p => p)));
            }, iter: 60);
    }

    [Test]
    public void Read_CutAnywhere_Throws()
    {
        byte[] whole = Gzip.Compress(Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 300).Select(i => i * 7919 % 10007))));
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Assert.That(() => Decompress(new MemoryStream(cut)), Throws.TypeOf<InvalidDataException>(), $"cut at {length}");
        }
    }

    [Test]
    public void Read_OneBitFlipped_Throws()
    {
        byte[] whole = Gzip.Compress(Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 300).Select(i => i * 7919 % 10007))));
        // Bytes 4 to 9 of the header (time, flags of the compressor, system) carry nothing that matters.
        for (int i = 10; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            Assert.That(() => Decompress(new MemoryStream(damaged)), Throws.TypeOf<InvalidDataException>(), $"byte {i}");
        }
    }

    [Test]
    public void Read_HeaderWithNameCommentExtraAndChecksum_IsSkipped()
    {
        byte[] plain = Gzip.Compress("content"u8.ToArray());
        byte[] named = [.. plain[..3], 4 | 8 | 16 | 2, .. plain[4..10], 3, 0, 1, 2, 3, .. "name\0remark\0"u8, 9, 9, .. plain[10..]];
        Assert.That(Decompress(new MemoryStream(named)), Is.EqualTo("content"u8.ToArray()));
    }

    [Test]
    public void Read_TruncatedCorpus_GivesOneClearLine()
    {
        using TemporaryFolder folder = new();
        byte[] whole = Gzip.Compress(Encoding.UTF8.GetBytes("language,text\n" + string.Concat(Enumerable.Range(0, 50_000).Select(i => $"en,text {i * 7919 % 104729}\n"))));
        foreach (int length in new[] { 3, 12, 5000, whole.Length / 2, whole.Length - 9, whole.Length - 1 })
        {
            string path = folder.Write($"{length}.csv.gz", whole[..length]);
            Assert.That(() => CorpusReader.Read(path).Count(),
                Throws.TypeOf<InputException>().With.Message.Contains("the gzip data is cut short or damaged").And.Message.StartsWith(path), $"cut at {length}");
        }
    }

    private static byte[] Decompress(Stream compressed)
    {
        using CheckedGzipStream stream = new(compressed);
        using MemoryStream result = new();
        stream.CopyTo(result);
        return result.ToArray();
    }

    /// <summary>Gives at most so many bytes a read.</summary>
    private sealed class Trickle(byte[] content, int piece) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);
    }
}
