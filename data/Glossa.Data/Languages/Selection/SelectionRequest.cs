using System.Text;

namespace Glossa.Data.Languages.Selection;

/// <summary>How the languages of phase 1 are chosen.</summary>
public enum SelectionMethod
{
    /// <summary>So that every other language has a near relative among them (greedy facility location).</summary>
    Diverse = 0,

    /// <summary>At random, by the seed.</summary>
    Random = 1,

    /// <summary>Those with the most training text.</summary>
    Largest = 2,

    /// <summary>Named by hand.</summary>
    List = 3,
}

/// <summary>A language to choose from.</summary>
/// <param name="Tag">BCP 47 tag as the corpus spells it.</param>
/// <param name="TrainBytes">UTF-8 bytes of its training text.</param>
/// <param name="TrainTexts">Its training texts, walked over at most twice and only as far as the profile needs.</param>
public sealed record LanguageCandidate(string Tag, long TrainBytes, IEnumerable<string> TrainTexts)
{
    /// <summary>A candidate of texts that lie in memory.</summary>
    public static LanguageCandidate FromTexts(string tag, IReadOnlyCollection<string> trainTexts) =>
        new(tag, trainTexts.Sum(text => (long)Encoding.UTF8.GetByteCount(text)), trainTexts);
}

/// <summary>What to choose from, and how. The order of <see cref="Candidates"/> changes nothing.</summary>
public sealed record SelectionRequest
{
    /// <summary>Every language of the corpus, each once.</summary>
    public required IReadOnlyCollection<LanguageCandidate> Candidates { get; init; }

    /// <summary>What is known about languages; it may lack some or all of the candidates.</summary>
    public LanguageTable Table { get; init; } = LanguageTable.Empty;

    /// <summary>How to choose.</summary>
    public SelectionMethod Method { get; init; } = SelectionMethod.Diverse;

    /// <summary>How many to choose; <see cref="SelectionMethod.List"/> takes the length of its list instead.</summary>
    public int Count { get; init; }

    /// <summary>The tags to take where <see cref="Method"/> is <see cref="SelectionMethod.List"/>.</summary>
    public IReadOnlyList<string> List { get; init; } = [];

    /// <summary>Seed of <see cref="SelectionMethod.Random"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>What makes two languages alike.</summary>
    public SimilarityOptions Similarity { get; init; } = new();
}

/// <summary>
/// What makes two languages alike: the weighted mean of four similarities between 0 and 1. Weights need not sum to 1.
/// </summary>
public sealed record SimilarityOptions
{
    /// <summary>Weight of the same script (1) or another one (0).</summary>
    public double ScriptWeight { get; init; } = 0.25;

    /// <summary>Weight of the shared family: 1 - 2^-k where the first k groups of the family paths agree.</summary>
    public double FamilyWeight { get; init; } = 0.25;

    /// <summary>Weight of nearness on the globe: exp(-distance / <see cref="GeographyScaleKilometres"/>).</summary>
    public double GeographyWeight { get; init; } = 0.1;

    /// <summary>Weight of the cosine between the profiles of character 1- to 3-grams of the training text.</summary>
    public double TextWeight { get; init; } = 0.4;

    /// <summary>The distance at which <see cref="GeographyWeight"/> has faded to 1/e.</summary>
    public double GeographyScaleKilometres { get; init; } = 1000;

    /// <summary>UTF-16 characters of training text a profile looks at, from the first text on.</summary>
    public int MaxProfileCharacters { get; init; } = 1 << 16;
}
