namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>Cuts text into the pieces that a model encodes one by one. Implementations are immutable.</summary>
internal interface IPreTokenizer
{
    /// <summary>Cuts every piece of text further.</summary>
    void Apply(Pieces pieces);
}

/// <summary>Pre-tokenizers one after the other.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Apply(Pieces pieces)
    {
        foreach (IPreTokenizer step in steps) step.Apply(pieces);
    }
}
