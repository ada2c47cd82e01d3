using System.Text;
using CsCheck;
using Glossa.Data.Corpora;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tests.Tokenizers;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokens;

public class TokenFileTests
{
    private static readonly (int LanguageIndex, CorpusSplit Split, string Text)[] Few =
    [
        (0, CorpusSplit.Valid, "все люди \U0001F600"), (0, CorpusSplit.Test, ""), (2, CorpusSplit.Train, "Alle Menschen sind frei"), (2, CorpusSplit.Train, "x"),
    ];

    private static readonly string[] Languages = ["ru", "fr", "de"];

    [TestCase(0, 2)]
    [TestCase(70_000, 4)]
    public void Write_FewTexts_ReadsBackIdsAndIndex(int tags, int bytesPerId)
    {
        using TemporaryFolder folder = new();
        ByteLevelBpeTokenizer tokenizer = Tokenizer(tags);
        TokenFileWriter.Write(folder.File("t.tokens"), Languages, Few, tokenizer, threads: 2);

        using TokenFile file = TokenFile.Open(folder.File("t.tokens"), tokenizer.ContentHash);

        Assert.That(file.Languages, Is.EqualTo(Languages));
        Assert.That((file.TextCount, file.VocabularySize, file.TextVocabularySize), Is.EqualTo((4, tokenizer.VocabularySize, tokenizer.TextVocabularySize)));
        Assert.That(Enumerable.Range(0, 4).Select(file.LanguageOf), Is.EqualTo(Few.Select(text => text.LanguageIndex)));
        Assert.That((file.Texts(0, CorpusSplit.Train), file.Texts(0, CorpusSplit.Test), file.Texts(1, CorpusSplit.Valid), file.Texts(2, CorpusSplit.Train)),
            Is.EqualTo((new TextRange(0, 0), new TextRange(1, 1), new TextRange(2, 0), new TextRange(2, 2))));
        Assert.That(file.BytesOf(2, CorpusSplit.Train), Is.EqualTo(Few[2].Text.Length + 1));
        Assert.That(file.Utf8Bytes.ToArray(), Is.EqualTo(Few.Select(text => Encoding.UTF8.GetByteCount(text.Text))));
        Assert.That(Enumerable.Range(0, 4).Select(i => tokenizer.Decode(file.Ids(i))), Is.EqualTo(Few.Select(text => text.Text)));
        Assert.That((file.TokenOffsets[3] + file.TokenCountOf(3), file.TokenOffsets[4]), Is.EqualTo((file.TokenCount, file.TokenCount)));
        Assert.That(new FileInfo(folder.File("t.tokens")).Length, Is.GreaterThan(96 + (file.TokenCount * bytesPerId)).And.LessThan(96 + (file.TokenCount * bytesPerId) + 128));
    }

    [Test]
    public void Write_Threads_DoNotChangeTheFile()
    {
        using TemporaryFolder folder = new();
        string[] languages = [.. UdhrLines.All.Select(line => line.Language).Distinct()];
        Dictionary<string, int> indices = languages.Select((language, index) => (language, index)).ToDictionary(pair => pair.language, pair => pair.index);
        string[] hashes = [.. new[] { 1, 3 }.Select(threads =>
        {
            string path = folder.File($"{threads}.tokens");
            TokenFileWriter.Write(path, languages, UdhrLines.Of("train").Select(line => (indices[line.Language], CorpusSplit.Train, line.Text)), Tokenizer(0), threads);
            return ContentHash.OfFile(path);
        })];

        Assert.That(hashes[1], Is.EqualTo(hashes[0]));
    }

    [Test]
    public void CopyIds_AnyRange_IsThatPartOfAllIds()
    {
        using TemporaryFolder folder = new();
        ByteLevelBpeTokenizer tokenizer = Tokenizer(0);
        string text = string.Concat(UdhrLines.Of("valid").Take(50).Select(line => line.Text));
        TokenFileWriter.Write(folder.File("t.tokens"), ["all"], [(0, CorpusSplit.Train, text)], tokenizer, 1);
        List<int> expected = [];
        tokenizer.Encode(text, expected);

        using TokenFile file = TokenFile.Open(folder.File("t.tokens"));

        Gen.Int[0, expected.Count].SelectMany(start => Gen.Int[0, expected.Count - start].Select(length => (start, length))).Sample((start, length) =>
        {
            int[] ids = new int[length];
            file.CopyIds(start, ids);
            Assert.That(ids, Is.EqualTo(expected.GetRange(start, length)));
        }, iter: 200);
        Assert.That(() => file.CopyIds(expected.Count - 1, new int[2]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => file.CopyIds(-1, new int[2]), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Open_CutAnywhere_NamesTheFile()
    {
        using TemporaryFolder folder = new();
        TokenFileWriter.Write(folder.File("t.tokens"), Languages, Few, Tokenizer(0), 1);
        byte[] whole = File.ReadAllBytes(folder.File("t.tokens"));
        for (int length = 0; length < whole.Length; length++)
        {
            string cut = folder.Write("cut.tokens", whole[..length]);
            Assert.That(() => TokenFile.Open(cut), Throws.TypeOf<InputException>().With.Message.Contains(cut));
        }
    }

    [Test]
    public void Open_RandomlyDamaged_OpensOrNamesTheFile()
    {
        using TemporaryFolder folder = new();
        TokenFileWriter.Write(folder.File("t.tokens"), Languages, Few, Tokenizer(0), 1);
        byte[] whole = File.ReadAllBytes(folder.File("t.tokens"));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 3].Sample(damage =>
        {
            byte[] bytes = [.. whole];
            foreach ((int at, byte value) in damage) bytes[at] = value;
            string path = folder.Write("damaged.tokens", bytes);
            try
            {
                using TokenFile file = TokenFile.Open(path);
                for (int text = 0; text < file.TextCount; text++) _ = file.Ids(text);
            }
            catch (InputException e)
            {
                Assert.That(e.Message, Does.Contain(path));
            }
        }, iter: 2000, threads: 1);
    }

    [Test]
    public void Open_OtherTokenizer_SaysSo()
    {
        using TemporaryFolder folder = new();
        TokenFileWriter.Write(folder.File("t.tokens"), Languages, Few, Tokenizer(0), 1);

        Assert.That(() => TokenFile.Open(folder.File("t.tokens"), Tokenizer(3).ContentHash), Throws.TypeOf<InputException>().With.Message.Contains("another tokenizer"));
    }

    [Test]
    public void Write_OtherOrder_IsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => TokenFileWriter.Write(folder.File("t.tokens"), Languages, [Few[2], Few[0]], Tokenizer(0), 1), Throws.ArgumentException.With.Message.Contains("language ru"));
    }

    [Test]
    public void Open_TenTimesTheTexts_AllocatesTheSame()
    {
        using TemporaryFolder folder = new();
        long[] allocated = [.. new[] { 2_000, 2_000, 20_000 }.Select(texts =>
        {
            string path = folder.File($"{texts}.tokens");
            TokenFileWriter.Write(path, Languages, Enumerable.Range(0, texts).Select(i => (0, CorpusSplit.Train, $"text {i}")), Tokenizer(0), 1);
            long before = GC.GetAllocatedBytesForCurrentThread();
            using TokenFile file = TokenFile.Open(path);
            return file.BytesOf(0, CorpusSplit.Train) > 0 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
        })];
        // The first one warms up.
        Assert.That(allocated[2], Is.EqualTo(allocated[1]).Within(5).Percent);
    }

    [Test]
    public void Write_SourceFails_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        IEnumerable<(int, CorpusSplit, string)> Broken()
        {
            for (int i = 0; i < 20; i++) yield return (0, CorpusSplit.Train, new string('a', 100_000));
            throw new InputException("broken row");
        }

        Assert.That(() => TokenFileWriter.Write(folder.File("t.tokens"), Languages, Broken(), Tokenizer(0), 2), Throws.TypeOf<InputException>().With.Message.EqualTo("broken row"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    private static ByteLevelBpeTokenizer Tokenizer(int tags) => new(BpeTrainer.Train(UdhrLines.Of("valid").Take(300), new BpeTrainerOptions
    {
        VocabularySize = 400,
        LanguageTags = [.. Enumerable.Range(0, tags).Select(i => "l" + i)],
    }));
}
