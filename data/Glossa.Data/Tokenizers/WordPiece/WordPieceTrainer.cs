using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.WordPiece;

/// <summary>
/// Trains a WordPiece vocabulary: characters, then the commonest pairs of neighbouring tokens, again and again, until the vocabulary is full (as Hugging Face's trainer does;
/// the original one was never published). The result depends on the texts and settings alone, not on the texts' order or the threads.
/// </summary>
public static class WordPieceTrainer
{
    // How many more tokens are merged than are kept.
    private const double Surplus = 1.2;

    /// <summary>Trains a vocabulary; reads <paramref name="texts"/> once.</summary>
    /// <exception cref="InputException">A setting is out of range, or there is no text.</exception>
    public static WordPieceVocabulary Train(IEnumerable<(string Language, string Text)> texts, WordPieceTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Train(WordCounter.Count(texts, new BertCutter(), options.ThreadCount), options);
    }

    /// <summary>Trains a vocabulary on words that were cut as BERT does.</summary>
    internal static WordPieceVocabulary Train(LanguageWords words, WordPieceTrainerOptions options)
    {
        WordTable table = words.Weigh(options).Words;
        // A character takes two tokens where it both starts and continues words.
        int most = Math.Max(1, (options.VocabularySize - WordPieceVocabulary.Special.Count) / 3);
        CharacterTokens tokens = new(Alphabet.Of(table, options.CharacterCoverage, most), table);
        int characters = tokens.Count;
        new PairMerger(table, tokens, options.MaxTokenLength).Run((int)(options.VocabularySize * Surplus));
        return new WordPieceVocabulary(MostUsed(tokens.Tokens, characters, table, options.VocabularySize), options.LanguageTags);
    }

    /// <summary>
    /// Merging leaves tokens that were only steps on the way to longer ones. Encoding takes the longest token that fits and has no use for them, so more are merged than wanted and
    /// those that encoding the words uses least are left out.
    /// </summary>
    private static List<string> MostUsed(List<string> tokens, int characters, WordTable words, int vocabularySize)
    {
        if (tokens.Count <= vocabularySize) return tokens;
        WordPieceModel model = new(new ModelVocabulary(tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal)),
            tokens.IndexOf(WordPieceVocabulary.Unknown), WordPieceVocabulary.ContinuingPrefix, WordPieceVocabulary.LongestWord);
        long[] uses = new long[tokens.Count];
        List<int> encoded = [];
        for (int i = 0; i < words.Count; i++)
        {
            encoded.Clear();
            double score = 0;
            model.Encode(words.Word(i), ref score, encoded);
            foreach (int id in encoded) uses[id] += words.CountOf(i);
        }
        double[] savings = [.. tokens.Select((token, id) => id < characters ? double.PositiveInfinity : (double)uses[id] * (PartsWithout(token, model.Vocabulary) - 1))];
        // Of equals the one merged first stays.
        HashSet<int> dropped = [.. Enumerable.Range(0, tokens.Count).OrderBy(id => savings[id]).ThenByDescending(id => id).Take(tokens.Count - vocabularySize)];
        return [.. tokens.Where((_, id) => !dropped.Contains(id))];
    }

    /// <summary>How many tokens the text of a token takes where that token itself is missing.</summary>
    private static int PartsWithout(string token, ModelVocabulary vocabulary)
    {
        string prefix = WordPieceVocabulary.ContinuingPrefix;
        string start = token.StartsWith(prefix, StringComparison.Ordinal) ? prefix : "";
        string text = token[start.Length..];
        int parts = 0;
        for (int at = 0; at < text.Length; parts++)
        {
            int end = at == 0 ? text.Length - 1 : text.Length;
            while (end > at + 1 && vocabulary.Id((at == 0 ? start : prefix) + text[at..end]) < 0) end--;
            at = Math.Max(end, at + 1);
        }
        return parts;
    }
}
