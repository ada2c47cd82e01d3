namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>Cuts text into the pieces that a model encodes one by one. Implementations are immutable.</summary>
internal interface IPreTokenizer
{
    /// <summary>Whether it has to know where in the original a piece comes from.</summary>
    bool NeedsPlaces => false;

    /// <summary>Cuts every piece of text further.</summary>
    void Apply(Pieces pieces);
}

/// <summary>Pre-tokenizers one after the other.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    /// <summary>The pre-tokenizers.</summary>
    public IReadOnlyList<IPreTokenizer> Steps => steps;

    /// <inheritdoc/>
    public bool NeedsPlaces => steps.Any(step => step.NeedsPlaces);

    /// <inheritdoc/>
    public void Apply(Pieces pieces)
    {
        foreach (IPreTokenizer step in steps) step.Apply(pieces);
    }
}
