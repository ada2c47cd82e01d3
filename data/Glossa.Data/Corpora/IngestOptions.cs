namespace Glossa.Data.Corpora;

/// <summary>How a corpus file becomes a <see cref="TextStore"/>.</summary>
public sealed record IngestOptions
{
    /// <summary>Which column holds what.</summary>
    public CorpusColumns Columns { get; init; } = new();

    /// <summary>The only languages to keep, letter case ignored; empty keeps all.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Share of the texts that go to <see cref="CorpusSplit.Valid"/> where the file has no split column.</summary>
    public double ValidFraction { get; init; } = 0.05;

    /// <summary>Share of the texts that go to <see cref="CorpusSplit.Test"/> where the file has no split column.</summary>
    public double TestFraction { get; init; } = 0.05;

    /// <summary>Seed of the split and of the choice under a byte budget.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Training bytes to keep of each language; null keeps all. Texts are taken in a seeded random order until the next
    /// would pass the budget (one is always kept), so a smaller budget keeps a subset of what a larger one keeps.
    /// </summary>
    public long? TrainBytesPerLanguage { get; init; }

    /// <summary>Budgets of single languages, before <see cref="TrainBytesPerLanguage"/>.</summary>
    public IReadOnlyDictionary<string, long> TrainBytesByLanguage { get; init; } = new Dictionary<string, long>();

    /// <summary>Training texts are dropped whose character 5-grams overlap by this share (Jaccard, estimated) with an earlier training text of their language; null drops none.</summary>
    public double? NearDuplicates { get; init; }

    /// <summary>The longest row allowed, in bytes.</summary>
    public int MaxRowBytes { get; init; } = CorpusReader.DefaultMaxRowBytes;

    /// <summary>Told the number of rows read now and then; null for nobody.</summary>
    public Action<long>? Progress { get; init; }
}

/// <summary>What became of the rows of a corpus file.</summary>
/// <param name="Rows">Rows in the file.</param>
/// <param name="EmptyTexts">Rows without text.</param>
/// <param name="OtherDomains">Rows of domains that were not asked for.</param>
/// <param name="Duplicates">Texts that stood in the same language and split before.</param>
/// <param name="TrainTextsHeldOut">Training texts left out because they stand in the same language's valid or test split.</param>
/// <param name="ValidTextsInTest">Valid texts left out because they stand in the same language's test split.</param>
/// <param name="BeyondBudget">Training texts beyond the byte budget.</param>
/// <param name="SplitByHash">Whether the split was made here, the file having none.</param>
/// <param name="Languages">Number of languages.</param>
/// <param name="TrainTexts">Texts kept in train.</param>
/// <param name="ValidTexts">Texts kept in valid.</param>
/// <param name="TestTexts">Texts kept in test.</param>
public sealed record IngestResult(
    long Rows, long EmptyTexts, long OtherDomains, long Duplicates, long TrainTextsHeldOut, long ValidTextsInTest,
    long BeyondBudget, bool SplitByHash, int Languages, long TrainTexts, long ValidTexts, long TestTexts)
{
    /// <summary>Texts of languages that were not asked for.</summary>
    public long OtherLanguages { get; init; }

    /// <summary>Training texts that are nearly an earlier one of their language.</summary>
    public long NearDuplicates { get; init; }
}
