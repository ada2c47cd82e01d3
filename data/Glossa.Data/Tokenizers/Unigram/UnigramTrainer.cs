using System.Text;
using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>
/// Trains a Unigram vocabulary (Kudo, 2018): from the frequent substrings of the text the least useful are dropped, again and again, while expectation
/// and maximization fit the probabilities of those that are left. The result depends on the texts and settings alone, not on the texts' order or the threads.
/// </summary>
public static class UnigramTrainer
{
    private const int SeedsPerToken = 12;

    // Of the longer pieces this share outlives a round; a round improves the probabilities twice (as in sentencepiece).
    private const double KeptShare = 0.75;
    private const int ImprovementsPerRound = 2;

    /// <summary>Trains a vocabulary; reads <paramref name="texts"/> once.</summary>
    /// <exception cref="InputException">A setting is out of range, or there is no text.</exception>
    public static UnigramVocabulary Train(IEnumerable<(string Language, string Text)> texts, UnigramTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Train(WordCounter.Count(texts, new PatternCutter(options.Pattern, prefix: Writing.UnigramDescription.Prefix), options.ThreadCount), options);
    }

    /// <summary>Trains a vocabulary on words that were cut by the options' pattern.</summary>
    internal static UnigramVocabulary Train(LanguageWords words, UnigramTrainerOptions options)
    {
        WeightedWords weighted = words.Weigh(options);
        int target = options.VocabularySize - UnigramVocabulary.FirstPieceId;
        // At least half of the vocabulary is for longer pieces.
        Alphabet alphabet = Alphabet.Of(weighted.Words, options.CharacterCoverage, Math.Max(1, target / 2));
        SegmentedText text = SegmentedText.Of(weighted.Words, alphabet);
        SubstringTree tree = SubstringTreeBuilder.Build(text, alphabet.Count, options.MaxTokenLength, (long)(2 * weighted.Unit), options.SeedSize ?? SeedsPerToken * options.VocabularySize, options.ThreadCount);
        UnigramEstimator estimator = new(tree, weighted.Unit, options.ThreadCount);
        while (true)
        {
            for (int i = 0; i < ImprovementsPerRound; i++) estimator.Improve();
            if (tree.Nodes.Length <= target) break;
            estimator.Keep(UnigramPruner.Choose(tree, estimator, Math.Max(target, (int)(tree.Nodes.Length * KeptShare)), options.TokenCost));
        }
        IEnumerable<UnigramPiece> pieces = tree.Nodes.Select((node, i) => new UnigramPiece(Write(tree, node, alphabet), Math.Log(estimator.Probabilities[i])));
        return new UnigramVocabulary([.. pieces.OrderByDescending(piece => piece.Score).ThenBy(piece => piece.Token, StringComparer.Ordinal)], options.LanguageTags, options.Pattern);
    }

    private static string Write(SubstringTree tree, SubstringNode node, Alphabet alphabet)
    {
        StringBuilder token = new();
        foreach (int symbol in tree.Text.Symbols.AsSpan(node.Place, node.Length)) token.Append(alphabet.Character(symbol));
        return token.ToString();
    }
}
