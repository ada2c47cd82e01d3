using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>How a byte-level tokenizer encodes text straight from its UTF-8, without the visible alphabet of its file.</summary>
/// <param name="Encoder">Encodes a piece.</param>
/// <param name="Cut">Cuts text into pieces; null for none.</param>
/// <param name="Words">The pattern of words that cutting comes to where nothing else is done to the text; null otherwise.</param>
internal sealed record ByteLevelParts(BpeEncoder Encoder, IPreTokenizer? Cut, WordPattern? Words)
{
    /// <summary>The parts of a model, or null where text is not only cut and written as bytes, or a byte has no token.</summary>
    public static ByteLevelParts? Of(ITokenModel model, IPreTokenizer? preTokenizer, bool hasNormalizer)
    {
        IPreTokenizer[] steps = preTokenizer switch
        {
            SequencePreTokenizer sequence => [.. sequence.Steps],
            null => [],
            _ => [preTokenizer],
        };
        if (steps is not [.. { } before, ByteLevelPreTokenizer last] || before.Any(step => step is ByteLevelPreTokenizer or SequencePreTokenizer)) return null;
        if (model is not BytePairModel { Options: { ContinuingPrefix: "", EndSuffix: "" } } bytePairs) return null;
        int[] ids = [.. Enumerable.Range(0, 256).Select(value => model.Vocabulary.Id([ByteAlphabet.Character((byte)value)]))];
        if (ids.Contains(-1)) return null;
        WordPattern? words = hasNormalizer || last.AddsSpace ? null : before switch
        {
            [] => last.Pattern,
            [PatternSplit split] => last.Pattern is null ? split.Words : null,
            _ => null,
        };
        Func<string, int>? wholeWord = bytePairs.Options.IgnoreMerges ? word => model.Vocabulary.Id(word) : null;
        return new ByteLevelParts(new BpeEncoder(bytePairs.Merges, ids, wholeWord), new SequencePreTokenizer([.. before, last.WithoutBytes]), words);
    }
}
