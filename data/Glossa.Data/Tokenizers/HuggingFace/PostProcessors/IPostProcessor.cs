namespace Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

/// <summary>Puts special tokens around one or two encoded texts and sets type ids. Implementations are immutable.</summary>
internal interface IPostProcessor
{
    /// <summary>Number of special tokens that are added.</summary>
    int AddedTokens(bool isPair);

    /// <summary>Changes the sequences: in place, or into more of them that follow one another.</summary>
    /// <param name="sequences">One text or a pair.</param>
    /// <param name="addSpecialTokens">False leaves the special tokens out.</param>
    List<List<EncodedToken>> Process(List<List<EncodedToken>> sequences, bool addSpecialTokens);
}

/// <summary>Post-processors one after the other.</summary>
internal sealed class SequencePostProcessor(IReadOnlyList<IPostProcessor> steps) : IPostProcessor
{
    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => steps.Sum(step => step.AddedTokens(isPair));

    /// <inheritdoc/>
    public List<List<EncodedToken>> Process(List<List<EncodedToken>> sequences, bool addSpecialTokens) =>
        steps.Aggregate(sequences, (current, step) => step.Process(current, addSpecialTokens));
}
