using System.Text;
using Glossa.Data.Baselines;
using Glossa.Data.Corpora;
using Glossa.Data.Tests.Languages;
using NUnit.Framework;

namespace Glossa.Data.Tests.Baselines;

public sealed class Lzma2BaselineTests
{
    /// <summary>One language per family and script, short and long texts, and the extremes of the corpus.</summary>
    private static readonly string[] Sample = ["en", "sv", "ab", "am", "ar", "el", "hi", "ja", "ka", "my", "qu", "ru", "vai", "zh-Hans", "zu"];

    private static readonly Lazy<double[]> All = new(() =>
        [.. Udhr.Languages.AsParallel().AsOrdered().Select(tag => BitsPerByte(tag)!.Value)]);

    [Test]
    public void BitsPerByte_Sample_EqualsXz()
    {
        string[] tags = [.. Sample.Intersect(Udhr.Languages)];
        Assert.That(tags, Has.Length.GreaterThanOrEqualTo(10));
        foreach (string tag in tags)
        {
            string train = Lines(tag, CorpusSplit.Train);
            List<string> test = Udhr.Texts(tag, CorpusSplit.Test);
            int alone = Xz.RawSize(Encoding.UTF8.GetBytes(train));
            int both = Xz.RawSize(Encoding.UTF8.GetBytes(train + Lines(tag, CorpusSplit.Test)));
            double expected = 8.0 * (both - alone) / test.Sum(Encoding.UTF8.GetByteCount);
            Assert.That(BitsPerByte(tag), Is.EqualTo(expected), tag);
        }
    }

    [Test]
    public void CompressedSize_SmallerDictionary_IsThatOfThePreset()
    {
        foreach (string tag in Udhr.Languages.Where((_, i) => i % 40 == 0))
        {
            byte[] text = Encoding.UTF8.GetBytes(Lines(tag, CorpusSplit.Train));
            Assert.That(Lzma2Baseline.CompressedSize(text, Lzma2Baseline.DictionaryBytes(text.Length)),
                Is.EqualTo(Lzma2Baseline.CompressedSize(text, NativeLzma.PresetDictionaryBytes)), tag);
        }
    }

    [Test]
    public void Encode_ManyLanguages_IsDecompressedByXz()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Udhr.Languages.Take(60).Select(tag => Lines(tag, CorpusSplit.Train))));
        byte[] output = new byte[NativeLzma.Bound(text.Length)];
        int length = NativeLzma.Encode(text, output, Lzma2Baseline.DictionaryBytes(text.Length));
        Assert.That(Xz.Decompress(output[..length]), Is.EqualTo(text));
    }

    [Test]
    public void Encode_RandomBytes_FitsTheBound([Values(0, 1, 4096, 65536, 200_000)] int length)
    {
        byte[] noise = new byte[length];
        SeededRandom random = new(7);
        foreach (ref byte b in noise.AsSpan()) b = (byte)random.NextUInt64();
        int size = Lzma2Baseline.CompressedSize(noise, Lzma2Baseline.DictionaryBytes(length));
        Assert.That(size, Is.InRange(length + 1, NativeLzma.Bound(length)));
    }

    [Test]
    public void BitsPerByte_SeveralThreads_GiveTheSame() =>
        Assert.That(Udhr.Languages.Take(30).Select(tag => BitsPerByte(tag)!.Value), Is.EqualTo(All.Value.Take(30)));

    [Test]
    public void BitsPerByte_Udhr_HasTheKnownMean()
    {
        double mean = All.Value.Average();
        TestContext.Out.WriteLine($"mean over {All.Value.Length} languages: {mean:F4} bits per byte");
        Assert.That(mean, Is.EqualTo(2.03).Within(0.01));
    }

    [Test]
    public void BitsPerByte_TestSeenInTraining_CostsNextToNothing()
    {
        List<string> train = Udhr.Texts("en", CorpusSplit.Train);
        Assert.That(Lzma2Baseline.BitsPerByte(train, train), Is.LessThan(0.05));
    }

    [Test]
    public void BitsPerByte_NoTestText_IsNull()
    {
        Assert.That(Lzma2Baseline.BitsPerByte(["a"], []), Is.Null);
        Assert.That(Lzma2Baseline.BitsPerByte(["a"], [""]), Is.Null);
    }

    [Test]
    public void BitsPerByte_NoTrainingText_CompressesTheTestAlone()
    {
        byte[] text = "a test\n"u8.ToArray();
        double expected = 8.0 * (Lzma2Baseline.CompressedSize(text, 4096) - 1) / (text.Length - 1);
        Assert.That(Lzma2Baseline.BitsPerByte([], ["a test"]), Is.EqualTo(expected));
    }

    private static double? BitsPerByte(string tag) =>
        Lzma2Baseline.BitsPerByte(Udhr.Texts(tag, CorpusSplit.Train), Udhr.Texts(tag, CorpusSplit.Test));

    private static string Lines(string tag, CorpusSplit split) => string.Concat(Udhr.Texts(tag, split).Select(text => text + "\n"));
}
