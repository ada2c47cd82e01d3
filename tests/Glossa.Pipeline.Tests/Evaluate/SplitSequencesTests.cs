using Glossa.Data.Corpora;
using Glossa.Pipeline.Evaluate;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Evaluate;

[TestFixture]
internal sealed class SplitSequencesTests
{
    private static readonly string[] Languages = ["aa", "bb", "cc", "dd"];

    // Of valid texts aa has 3, bb none, cc 1, dd 6.
    private static readonly (int Language, string Text)[] Valid =
        [.. new[] { 3, 0, 1, 6 }.SelectMany((count, language) => Enumerable.Range(0, count).Select(i => (language, new string('x', (10 * language) + i))))];

    private TemporaryTokens _tokens = null!;

    [OneTimeSetUp]
    public void SetUp() => _tokens = new TemporaryTokens(Languages, Enumerable.Range(0, Languages.Length).SelectMany(language =>
            Valid.Where(text => text.Language == language).Select(text => (language, CorpusSplit.Valid, text.Text)).Prepend((language, CorpusSplit.Train, "train"))));

    [OneTimeTearDown]
    public void TearDown() => _tokens.Dispose();

    [Test]
    public void Read_ASplit_HasItsTextsInOrder()
    {
        SplitSequences split = SplitSequences.Read(_tokens.File, new ByteTokenizer(), CorpusSplit.Valid);
        Assert.That(split.Languages, Is.EqualTo(new[] { "aa", "cc", "dd" }));
        Assert.That(split.Sequences.Select(sequence => (split.Languages[sequence.Language], sequence.Bytes)), Is.EqualTo(Valid.Select(text => (Languages[text.Language], (long)text.Text.Length))));
        Assert.That(split.Sequences[1].Ids.ToArray(), Is.EqualTo(new[] { 259, 'x', 257 }));
    }

    [TestCase(10, 1)]
    [TestCase(5, 2)]
    [TestCase(3, 4)]
    [TestCase(1, 10)]
    public void Sample_Most_TakesTextsAtOneDistance(int most, int distance)
    {
        SplitSequences split = SplitSequences.Sample(_tokens.File, new ByteTokenizer(), CorpusSplit.Valid, most);
        (int Language, string Text)[] expected = [.. Valid.Where((_, i) => i % distance == 0)];
        Assert.That(split.Sequences.Select(sequence => (split.Languages[sequence.Language], sequence.Bytes)), Is.EqualTo(expected.Select(text => (Languages[text.Language], (long)text.Text.Length))));
        Assert.That(split.Languages, Is.EqualTo(expected.Select(text => Languages[text.Language]).Distinct()));
    }

    [Test]
    public void Read_AnEmptySplit_SaysSo() =>
        Assert.That(() => SplitSequences.Read(_tokens.File, new ByteTokenizer(), CorpusSplit.Test), Throws.TypeOf<InputException>().With.Message.Contains("no test texts"));
}
