using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers.WordPiece;

/// <summary>
/// Trains a WordPiece vocabulary: characters, then the commonest pairs of neighbouring tokens, again and again, until the vocabulary is full (as Hugging Face's trainer does;
/// the original one was never published). The result depends on the texts and settings alone, not on the texts' order or the threads.
/// </summary>
public static class WordPieceTrainer
{
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
        new PairMerger(table, tokens, options.MaxTokenLength).Run(options.VocabularySize);
        return new WordPieceVocabulary(tokens.Tokens, options.LanguageTags);
    }
}
