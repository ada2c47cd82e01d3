namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>Writes text anew before it is cut, keeping track of where each unit comes from. Implementations are immutable.</summary>
internal interface INormalizer
{
    /// <summary>Appends what a stretch of text becomes.</summary>
    /// <param name="source">The text.</param>
    /// <param name="start">First unit of the stretch.</param>
    /// <param name="end">Unit after the last.</param>
    /// <param name="target">Another text, to append to.</param>
    /// <returns>False where the stretch stays as it is; nothing was appended then.</returns>
    bool TryNormalize(AlignedText source, int start, int end, AlignedText target);
}
