using System.Runtime.CompilerServices;
using Glossa.Data.Tokenizers.Training;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// Trains byte-level byte-pair encoding: the commonest pair of neighbouring tokens becomes a token, again and again,
/// until the vocabulary is full. The result depends on the texts and settings alone, not on the texts' order or the threads.
/// </summary>
public static class BpeTrainer
{
    /// <summary>Trains a model; reads <paramref name="texts"/> once.</summary>
    /// <exception cref="InputException">A setting is out of range, or there is no text.</exception>
    // Optimized at once, as the other one: the counts by language are given up once they are summed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static BpeModel Train(IEnumerable<(string Language, string Text)> texts, BpeTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Train(WordCounter.Count(texts, new PatternCutter(options.Pattern), options.ThreadCount), options);
    }

    /// <summary>Trains a model on words that were cut by the options' pattern.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static BpeModel Train(LanguageWords words, BpeTrainerOptions options)
    {
        ByteTokens bytes = new();
        PairMerger merger = new(words.Weigh(options).Words, bytes, options.MaxTokenLength);
        List<BpeMerge> merges = merger.Run(options.VocabularySize);

        List<byte[]?> tokens = bytes.Tokens;
        int textVocabularySize = tokens.Count;
        List<AddedToken> added = [.. SpecialTokens.All.Select((token, id) => new AddedToken(id, token, IsSpecial: true))];
        foreach (string language in options.LanguageTags)
        {
            added.Add(new AddedToken(tokens.Count, SpecialTokens.LanguageTag(language), IsSpecial: true));
            tokens.Add(null);
        }
        return new BpeModel(tokens, merges, added, options.Pattern, textVocabularySize)
        {
            PadId = 0,
            BeginId = 1,
            EndId = 2,
        };
    }
}
