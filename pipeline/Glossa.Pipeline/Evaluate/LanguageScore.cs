namespace Glossa.Pipeline.Evaluate;

/// <summary>What a model needs for the texts of one language.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Texts">Number of texts.</param>
/// <param name="Tokens">Scored tokens: those of the texts and one <c>&lt;eos&gt;</c> each.</param>
/// <param name="Bytes">UTF-8 bytes of all texts.</param>
/// <param name="Bits">Sum over the scored tokens of minus the base-2 logarithm of their probability.</param>
public sealed record LanguageScore(string Language, long Texts, long Tokens, long Bytes, double Bits)
{
    /// <summary><see cref="Bits"/> over <see cref="Bytes"/>.</summary>
    public double BitsPerByte => Bits / Bytes;
}
