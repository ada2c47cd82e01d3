namespace Glossa.Data.Corpora;

/// <summary>Which part of a corpus a text belongs to.</summary>
public enum CorpusSplit
{
    /// <summary>Text to train on.</summary>
    Train = 0,

    /// <summary>Text to choose settings by.</summary>
    Valid = 1,

    /// <summary>Text that only the final figures see.</summary>
    Test = 2,
}

/// <summary>One text of a corpus.</summary>
/// <param name="Language">BCP 47 tag as the corpus spells it.</param>
/// <param name="Split">The part it belongs to.</param>
/// <param name="Text">The text, in Unicode normalization form C.</param>
/// <param name="Label">Class label, where the corpus has a label column.</param>
/// <param name="Pair">The text that belongs to it, where a column of pairs was asked for.</param>
public sealed record CorpusText(string Language, CorpusSplit Split, string Text, string? Label = null, string? Pair = null);
