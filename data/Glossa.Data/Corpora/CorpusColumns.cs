namespace Glossa.Data.Corpora;

/// <summary>
/// Which column of a CSV file holds what. Names match whatever their letter case. For the optional ones, null takes the
/// column of the usual name where the file has it, a name demands that column, and "" leaves such a column aside.
/// </summary>
public sealed record CorpusColumns
{
    /// <summary>Column of the language tag (BCP 47). Null takes "language" where the file has it; rows of a file without languages are of "und" (undetermined).</summary>
    public string? Language { get; init; } = "language";

    /// <summary>Column of the text.</summary>
    public string Text { get; init; } = "text";

    /// <summary>Column that says train, valid (or validation, dev) or test; usually "split".</summary>
    public string? Split { get; init; }

    /// <summary>Column of the class label; usually "label".</summary>
    public string? Label { get; init; }

    /// <summary>Column of a second text that belongs to the first (a question's answer, a translation); null for none, whatever the file has.</summary>
    public string? Pair { get; init; }

    /// <summary>Column that the domains below look at; usually "domain".</summary>
    public string? Domain { get; init; }

    /// <summary>Of the training rows, reads only those whose domain is this, letter case ignored; null reads all.</summary>
    public string? TrainDomain { get; init; }

    /// <summary>The same of the valid and test rows.</summary>
    public string? EvaluationDomain { get; init; }
}
