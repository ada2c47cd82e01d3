namespace Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

/// <summary>
/// The fixed processing of BERT and RoBERTa: a class token before the first sequence, separators around the others. What an
/// earlier post-processor added counts as text.
/// </summary>
/// <param name="start">The class token.</param>
/// <param name="end">The separator.</param>
/// <param name="isRoberta">Two separators between texts and one segment, in place of one and two.</param>
internal sealed class WrappingPostProcessor((int Id, string Token) start, (int Id, string Token) end, bool isRoberta) : IPostProcessor
{
    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => !isPair ? 2 : isRoberta ? 4 : 3;

    /// <inheritdoc/>
    public List<List<EncodedToken>> Process(List<List<EncodedToken>> sequences, bool addSpecialTokens)
    {
        if (!addSpecialTokens && !isRoberta) return sequences;
        List<List<EncodedToken>> result = new(sequences.Count);
        for (int i = 0; i < sequences.Count; i++)
        {
            List<EncodedToken> wrapped = new(sequences[i].Count + 2);
            if (addSpecialTokens && (i == 0 || isRoberta)) wrapped.Add(Special(i == 0 ? start : end, typeId: 0));
            foreach (EncodedToken token in sequences[i])
                wrapped.Add(token with { TypeId = isRoberta ? 0 : token.TypeId, IsSpecial = !addSpecialTokens && token.IsSpecial });
            if (addSpecialTokens) wrapped.Add(Special(end, typeId: isRoberta || i == 0 ? 0 : 1));
            result.Add(wrapped);
        }
        return result;
    }

    private static EncodedToken Special((int Id, string Token) token, int typeId) => new(token.Id, token.Token, 0, 0, typeId, IsSpecial: true);
}
