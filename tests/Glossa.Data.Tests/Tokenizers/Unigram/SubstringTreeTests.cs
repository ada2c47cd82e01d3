using CsCheck;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Training;
using Glossa.Data.Tokenizers.Unigram;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.Unigram;

public class SubstringTreeTests
{
    private const int MaxLength = 5;

    [Test]
    public void Build_AnyWords_CountsSubstringsAsSearchingDoes() => Gen.Char["abc"].Array[1, 8].Select(word => new string(word)).Array[1, 5].Sample(words =>
    {
        SubstringTree tree = Build(words);
        Dictionary<string, long> expected = [];
        foreach (string word in words.Append("abc"))
            for (int start = 0; start < word.Length; start++)
                for (int length = 1; length <= Math.Min(MaxLength, word.Length - start); length++)
                    expected[word.Substring(start, length)] = expected.GetValueOrDefault(word.Substring(start, length)) + 1;
        Dictionary<string, long> found = tree.Nodes.ToDictionary(node => Text(tree, node), node => node.Weight);
        Assert.That(found.All(pair => expected.TryGetValue(pair.Key, out long count) && count == pair.Value));
        // What is missing is always followed by one and the same letter, or stands in a single place.
        foreach ((string missing, long count) in expected.Where(pair => !found.ContainsKey(pair.Key)))
            Assert.That(expected.Any(longer => longer.Key.Length == missing.Length + 1 && longer.Key.StartsWith(missing, StringComparison.Ordinal) && longer.Value == count));
    }, iter: 60);

    [Test]
    public void Keep_AnyPieces_PlacesKnowTheLongestThatIsLeft() => Gen.Select(Gen.Char["ab"].Array[1, 12].Select(word => new string(word)).Array[1, 5], Gen.Int).Sample((words, seed) =>
    {
        SubstringTree tree = Build(words);
        Random random = new(seed);
        tree.Keep([.. tree.Nodes.Select(node => node.Length == 1 || random.Next(2) == 0)]);
        HashSet<string> pieces = [.. tree.Nodes.Select(node => Text(tree, node))];
        for (int segment = 0; segment < tree.Text.Starts.Length; segment++)
        {
            for (int place = tree.Text.Starts[segment]; place < tree.Text.Ends[segment]; place++)
            {
                string rest = Letters(tree, place, tree.Text.Ends[segment] - place);
                List<string> chain = [];
                for (int node = tree.Longest[place]; node >= 0; node = tree.Nodes[node].Parent) chain.Add(Text(tree, tree.Nodes[node]));
                Assert.That(chain, Is.EquivalentTo(pieces.Where(piece => rest.StartsWith(piece, StringComparison.Ordinal))));
            }
        }
    }, iter: 60);

    [Test]
    public void LatticeCounter_LongWord_CountsAsSummingOverAllCutsDoes()
    {
        // Two pieces of one and two letters over n letters: the expected number of the long ones by recurrence.
        const int Length = 2000;
        const double One = 1e-3, Two = 1e-5;
        int[] longest = [.. Enumerable.Repeat(1, Length - 1), 0];
        LatticeCounter counter = new([new LatticeNode(One, -1, 1), new LatticeNode(Two, 0, 2)], longest);
        counter.Add(0, Length, Math.ScaleB(1, 40));

        double ratio = 1, expected = 0, next = 0;
        for (int n = 1; n <= Length; n++)
        {
            // ratio: ways to write n - 1 letters over ways to write n.
            double step = n == 1 ? One : One + (Two * ratio);
            double share = n == 1 ? 0 : Two * ratio / step;
            double value = ((1 - share) * expected) + (share * (next + 1));
            (next, expected) = (expected, value);
            ratio = 1 / step;
        }
        Assert.That(counter.Counts[1] / Math.ScaleB(1, 40), Is.EqualTo(expected).Within(1e-6));
        Assert.That((counter.Counts[0] + (2 * counter.Counts[1])) / Math.ScaleB(1, 40), Is.EqualTo(Length).Within(1e-6));
    }

    private static SubstringTree Build(string[] words)
    {
        WordTable table = new();
        foreach (string word in words.Append("abc")) table.Add(word, 1);
        Alphabet alphabet = Alphabet.Of(table, 1, int.MaxValue);
        return SubstringTreeBuilder.Build(SegmentedText.Of(table, alphabet), alphabet.Count, MaxLength, minWeight: 1, int.MaxValue, threads: 2);
    }

    private static string Text(SubstringTree tree, SubstringNode node) => Letters(tree, node.Place, node.Length);

    // Symbols are numbered by letter, so they can stand for themselves.
    private static string Letters(SubstringTree tree, int place, int length) => string.Concat(tree.Text.Symbols.AsSpan(place, length).ToArray().Select(symbol => (char)('a' + symbol - 1)));
}
