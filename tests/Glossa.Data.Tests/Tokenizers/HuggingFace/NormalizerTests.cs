using System.Globalization;
using System.IO.Compression;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

public sealed class NormalizerTests
{
    [TestCase("NFC", 1, 3)]
    [TestCase("NFD", 2, 4)]
    [TestCase("NFKC", 3, 3)]
    [TestCase("NFKD", 4, 4)]
    public void NormalForm_UnicodeConformanceTest_GivesIt(string form, int canonicalColumn, int compatibleColumn)
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(normalizer: $$"""{"type":"{{form}}"}""");
        HashSet<int> single = [];
        using StreamReader reader = new(new GZipStream(File.OpenRead(TestFolders.Fixture("unicode", "NormalizationTest.txt.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is string line)
        {
            if (line.StartsWith('#') || line.StartsWith('@')) continue;
            string[] columns = [.. line.Split(';')[..5].Select(Parse)];
            // The library knows Unicode 9: what came later stays as it is.
            if (columns.Any(column => column.EnumerateRunes().Any(rune => OlderUnicode.HasNewForm(rune.Value)))) continue;
            if (columns[0].EnumerateRunes().Count() == 1) single.Add(columns[0].EnumerateRunes().First().Value);
            for (int i = 0; i < 5; i++)
            {
                int expected = i >= 3 ? compatibleColumn : canonicalColumn;
                Assert.That(tokenizer.Normalize(columns[i]), Is.EqualTo(columns[expected]), line);
            }
        }
        // The test lists every character that any normal form changes: all others stay as they are.
        string others = string.Join(' ', Enumerable.Range(0, 0x110000).Where(c => !single.Contains(c) && c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32));
        Assert.That(tokenizer.Normalize(others), Is.EqualTo(others));
    }

    [TestCase("""{"type":"Lowercase"}""", "ÀÉ İΣ ΑΣ 𐐀", "àé i\u0307σ ασ 𐐨")]
    [TestCase("""{"type":"StripAccents"}""", "e\u0301 é", "e é")]
    [TestCase("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"}]}""", "déjà Việt", "deja Viet")]
    [TestCase("""{"type":"Strip","strip_left":true,"strip_right":false}""", " \u3000é \n", "é \n")]
    [TestCase("""{"type":"Strip"}""", " \u3000é \n", "é")]
    [TestCase("""{"type":"Replace","pattern":{"String":"a"},"content":"bb"}""", "banana", "bbbnbbnbb")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":"\\s+"},"content":""}""", "a \u00A0b\n", "ab")]
    [TestCase("""{"type":"Prepend","prepend":"▁"}""", "Hey", "▁Hey")]
    [TestCase("""{"type":"Prepend","prepend":"▁"}""", "", "")]
    [TestCase("""{"type":"Nmt"}""", "a\u0007b\tc\u200Bd\u2581e\u007F", "ab c d e")]
    [TestCase("""{"type":"ByteLevel"}""", "é a", "Ã©Ġa")]
    [TestCase("""{"type":"BertNormalizer"}""", "Héllo\u0000\u200D\t中文A", "hello  中  文 a")]
    [TestCase("""{"type":"BertNormalizer","strip_accents":false,"lowercase":true,"handle_chinese_chars":false,"clean_text":false}""", "É\t中", "é\t中")]
    [TestCase("""{"type":"BertNormalizer","strip_accents":true,"lowercase":false}""", "É", "E")]
    public void Normalize_Part_GivesText(string normalizer, string text, string expected)
    {
        Assert.That(TokenizerOf.Parts(normalizer: normalizer).Normalize(text), Is.EqualTo(expected));
    }

    [Test]
    public void Offsets_OfChangedText_PointIntoTheOriginal()
    {
        TextTokenizer tokenizer = TokenizerOf.Parts(normalizer: """{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},{"type":"Strip"}]}""",
            preTokenizer: """{"type":"WhitespaceSplit"}""");

        Assert.That(tokenizer.Cut("  ﬁn   e\u0301t😀 x "), Is.EqualTo(new[] { ("fin", 2, 4), ("\u00E9t😀", 7, 11), ("x", 12, 13) }));
    }

    [Test]
    public void Precompiled_SmallMap_ReplacesByItsShortestEntry()
    {
        byte[] map = CharacterMap.Of(("ﬁ", "fi"), ("é", "e"), ("e\u0301", "E"), ("\u0007", ""));
        TextTokenizer tokenizer = TokenizerOf.Parts(normalizer: $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(map)}}"}""",
            preTokenizer: """{"type":"WhitespaceSplit"}""");

        Assert.That(tokenizer.Cut("ﬁx é\u0007 e\u0301y"), Is.EqualTo(new[] { ("fix", 0, 2), ("e", 3, 4), ("Ey", 6, 9) }));
    }

    private static string Parse(string codes) => string.Concat(codes.Split(' ')
        .Select(c => char.ConvertFromUtf32(int.Parse(c, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
}
