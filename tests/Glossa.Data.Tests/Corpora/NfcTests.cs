using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using CsCheck;
using Glossa.Data.Corpora.Normalization;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class NfcTests
{
    [Test]
    public void Normalize_UnicodeConformanceTest_GivesItsNormalForms()
    {
        int lines = 0;
        HashSet<int> single = [];
        using StreamReader reader = new(new GZipStream(
            File.OpenRead(TestFolders.Fixture("unicode", "NormalizationTest.txt.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith('#')) continue;
            string[] columns = [.. line.Split(';').Select(Parse)];
            if (columns[0].EnumerateRunes().Count() == 1) single.Add(columns[0].EnumerateRunes().First().Value);
            Assert.That(columns[..3].Select(Nfc.Normalize), Is.All.EqualTo(columns[1]), line);
            Assert.That(columns[3..].Select(Nfc.Normalize), Is.All.EqualTo(columns[3]), line);
            lines++;
        }
        Assert.That(lines, Is.EqualTo(19965));
        // The test lists every character that any normal form changes: all others stay as they are.
        for (int c = 0; c <= 0x10FFFF; c++)
        {
            if (single.Contains(c) || c is >= 0xD800 and <= 0xDFFF) continue;
            string text = char.ConvertFromUtf32(c);
            if (Nfc.Normalize(text) != text) Assert.Fail($"U+{c:X4} changed");
        }
    }

    [Test]
    public void Normalize_AnyMixOfMarksAndLetters_IsIdempotentAndAgreesWithUtf8()
    {
        Gen<int> tricky = Gen.OneOf(
            Gen.Int[0x41, 0x5A], Gen.Int[0x300, 0x36F], Gen.Int[0x1100, 0x11FF], Gen.Int[0xAC00, 0xD7A3],
            Gen.Int[0x5B0, 0x5C7], Gen.Int[0x900, 0xDFF], Gen.Int[0x1E00, 0x1FFF], Gen.Int[0x16D60, 0x16D6F],
            Gen.Int[0xF900, 0xFAFF], Gen.Int[0x11080, 0x110BF], Gen.Int[0x1F600, 0x1F60F]);
        tricky.Array[0, 24].Sample(codePoints =>
        {
            string text = string.Concat(codePoints.Select(char.ConvertFromUtf32));
            string once = Nfc.Normalize(text);
            Assert.That(Nfc.Normalize(once), Is.EqualTo(once));
            ArrayBufferWriter<byte> utf8 = new();
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            bool changed = Nfc.TryNormalizeUtf8(bytes, utf8);
            Assert.That(Encoding.UTF8.GetString(changed ? utf8.WrittenSpan : bytes), Is.EqualTo(once));
        }, iter: 20_000);
    }

    [Test]
    public void Normalize_ConcatenationOfParts_EqualsNormalizingTheNormalizedParts()
    {
        Gen.Int[0x300, 0x345].Array[0, 8].Select(Gen.Int[0x61, 0x7A].Array[1, 4]).Sample((marks, letters) =>
        {
            string a = string.Concat(letters.Select(char.ConvertFromUtf32)), b = string.Concat(marks.Select(char.ConvertFromUtf32));
            Assert.That(Nfc.Normalize(Nfc.Normalize(a) + Nfc.Normalize(b)), Is.EqualTo(Nfc.Normalize(a + b)));
        });
    }

    [Test]
    public void Normalize_TextInFormC_ReturnsTheSameInstance()
    {
        string text = "déjà vu, Việt Nam, 한국어, हिन्दी 😀";
        Assert.That(Nfc.Normalize(text), Is.SameAs(text));
    }

    [Test]
    public void Normalize_LoneSurrogate_IsKept() =>
        Assert.That(Nfc.Normalize("e\u0301\uD800x"), Is.EqualTo("\u00E9\uD800x"));

    private static string Parse(string codes) => string.Concat(codes.Split(' ')
        .Select(c => char.ConvertFromUtf32(int.Parse(c, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
}
