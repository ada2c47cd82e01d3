using System.Text;
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

    /// <summary>
    /// The model of a tokenizer that does nothing but this, as the trainer makes it: its hash is then that of the trained tokenizer.
    /// </summary>
    /// <param name="model">The file's model.</param>
    /// <param name="added">Its added tokens.</param>
    public BpeModel? ModelOf(ITokenModel model, IReadOnlyList<AddedTokenRule> added)
    {
        if (Words is null || model is not BytePairModel { Options.IgnoreMerges: false } bytePairs) return null;
        if (added.Any(token => token.SingleWord || token.StripLeft || token.StripRight || token.Normalized)) return null;
        byte[]?[] tokens = new byte[]?[Math.Max(model.Vocabulary.Size, added.Select(token => token.Id + 1).DefaultIfEmpty().Max())];
        foreach ((string token, int id) in model.Vocabulary.Ids) tokens[id] = ByteAlphabet.TryRead(token, out byte[]? bytes) ? bytes : Encoding.UTF8.GetBytes(token);
        foreach (AddedTokenRule token in added) tokens[token.Id] = null;
        return new BpeModel(tokens, bytePairs.Merges, added.Select(token => new AddedToken(token.Id, token.Content, token.IsSpecial)), Words, tokens.Length);
    }
}
