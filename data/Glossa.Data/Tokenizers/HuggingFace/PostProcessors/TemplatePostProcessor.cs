namespace Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

/// <summary>A part of a template: one of the texts, or special tokens.</summary>
/// <param name="Sequence">0 for the first text, 1 for the second, -1 for special tokens.</param>
/// <param name="TypeId">The type id of its tokens.</param>
/// <param name="Specials">The special tokens.</param>
internal sealed record TemplatePart(int Sequence, int TypeId, IReadOnlyList<(int Id, string Token)> Specials);

/// <summary>Special tokens and texts in the order of a template.</summary>
internal sealed class TemplatePostProcessor(IReadOnlyList<TemplatePart> single, IReadOnlyList<TemplatePart> pair) : IPostProcessor
{
    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => (isPair ? pair : single).Sum(part => part.Specials.Count);

    /// <inheritdoc/>
    public List<List<EncodedToken>> Process(List<List<EncodedToken>> sequences, bool addSpecialTokens)
    {
        if (sequences.Count > 2)
            throw new InputException("the tokenizer's template follows a post-processor that made more than two sequences", fix: "remove one of them from post_processor");
        List<List<EncodedToken>> result = [];
        foreach (TemplatePart part in sequences.Count > 1 ? pair : single)
        {
            if (part.Sequence >= 0)
                result.Add([.. sequences[part.Sequence].Select(token => token with { TypeId = part.TypeId })]);
            else if (addSpecialTokens)
                result.Add([.. part.Specials.Select(special => new EncodedToken(special.Id, special.Token, 0, 0, part.TypeId, IsSpecial: true))]);
        }
        return result;
    }
}
