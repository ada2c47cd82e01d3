namespace Glossa.Pipeline.Configuration;

/// <summary>The text of a run.</summary>
public sealed record CorpusConfig
{
    /// <summary>The word that names the corpus shipped with Glossa.</summary>
    public const string Embedded = "udhr";

    /// <summary>A CSV or CSV.gz file, relative to the configuration's folder; <c>udhr</c> is the embedded corpus in 464 languages.</summary>
    public string Path { get; init; } = Embedded;

    /// <summary>The columns' names.</summary>
    public ColumnsConfig Columns { get; init; } = new();

    /// <summary>How rows are split where the file has no split column.</summary>
    public SplitConfig Split { get; init; } = new();

    /// <summary>The only languages of the corpus that the run sees, evaluation included; empty for all.</summary>
    public ValueList<string> Languages { get; init; } = [];

    /// <summary>Training texts are dropped whose character 5-grams overlap by this share (Jaccard, estimated by MinHash) with an earlier one of their language; null keeps them. Exact duplicates always go.</summary>
    [InRange(0.1, 1)]
    public double? NearDuplicates { get; init; }

    /// <summary>At most this many UTF-8 bytes of training text of each language; null takes all.</summary>
    [InRange(1, long.MaxValue)]
    public long? TrainBytesPerLanguage { get; init; }

    /// <summary>The budget after the choice of languages: a sum for each chosen one, another for each other one.</summary>
    public BudgetConfig Budget { get; init; } = new();

    /// <summary>Rows of which domain training and evaluation see.</summary>
    public DomainsConfig Domains { get; init; } = new();

    /// <summary>True where the corpus is the one shipped with Glossa.</summary>
    internal bool IsEmbedded => Path == Embedded;
}

/// <summary>The names of a CSV file's columns.</summary>
public sealed record ColumnsConfig
{
    /// <summary>Column with the BCP 47 language tag.</summary>
    public string Language { get; init; } = "language";

    /// <summary>Column with the text.</summary>
    public string Text { get; init; } = "text";

    /// <summary>Column with train, valid or test; where the file has none, rows are split by a hash of their text.</summary>
    public string Split { get; init; } = "split";

    /// <summary>Column with a class label; may be missing.</summary>
    public string Label { get; init; } = "label";

    /// <summary>Column with the domain of a text; needed where <c>corpus.domains</c> names one.</summary>
    public string Domain { get; init; } = "domain";
}

/// <summary>The order in which a budget takes the texts of a language.</summary>
public enum BudgetOrder
{
    /// <summary>A seeded draw.</summary>
    Drawn = 0,

    /// <summary>First those whose character n-grams are common in all of its training text.</summary>
    Coverage = 1,
}

/// <summary>
/// Bytes of training text by the role of a language. Everything after the choice sees these texts alone, the tokenizer included; the choice itself sees
/// of each language what the smaller of the two sums holds. Texts are taken in an order that does not depend on <c>seed</c>; a smaller budget holds a part of a larger one.
/// </summary>
public sealed record BudgetConfig
{
    /// <summary>At most this many UTF-8 bytes of training text of each chosen language; null takes all.</summary>
    [InRange(1, long.MaxValue)]
    public long? Chosen { get; init; }

    /// <summary>At most this many of each other language; null takes all.</summary>
    [InRange(1, long.MaxValue)]
    public long? Others { get; init; }

    /// <summary>Which texts of a language come first; null draws. For coverage a language's text is held in memory: <c>corpus.trainBytesPerLanguage</c> bounds it.</summary>
    public BudgetOrder? Order { get; init; }

    /// <summary>The most of a language that is in the budget whichever way it is chosen.</summary>
    internal long? Smaller => Chosen is null || Others is null ? Chosen ?? Others : Math.Min(Chosen.Value, Others.Value);
}

/// <summary>Domains by name, letter case ignored; a key that is not set takes every row.</summary>
public sealed record DomainsConfig
{
    /// <summary>Domain of the training rows.</summary>
    public string? Train { get; init; }

    /// <summary>Domain of the valid and test rows.</summary>
    public string? Evaluate { get; init; }
}

/// <summary>How rows are split by a hash of their text.</summary>
public sealed record SplitConfig
{
    /// <summary>Share of the rows to choose settings by.</summary>
    [InRange(0, 0.5)]
    public double Valid { get; init; } = 0.05;

    /// <summary>Share of the rows that only the final figures see.</summary>
    [InRange(0, 0.5)]
    public double Test { get; init; } = 0.1;

    /// <summary>Seed of the hash; another seed gives another split.</summary>
    [InRange(0, long.MaxValue)]
    public long Seed { get; init; } = 1;
}

/// <summary>Kinds of tokenizers.</summary>
public enum TokenizerKind
{
    /// <summary>Byte-pair encoding over UTF-8 bytes: encodes any text.</summary>
    [Spelled("bytelevel-bpe")]
    ByteLevelBpe = 0,

    /// <summary>The likeliest pieces of words; rare characters are written as bytes, so that it encodes any text.</summary>
    Unigram = 1,

    /// <summary>The longest pieces of words, as in BERT; it does not keep a text exactly, so that no causal model can be trained on it.</summary>
    [Spelled("wordpiece")]
    WordPiece = 2,
}

/// <summary>How text becomes tokens.</summary>
public sealed record TokenizerConfig
{
    /// <summary>The kind.</summary>
    public TokenizerKind Kind { get; init; }

    /// <summary>Number of tokens that a model may predict: special tokens, 256 bytes and merges or pieces; language tags come on top.</summary>
    [InRange(260, 1_000_000)]
    public int Vocabulary { get; init; } = 2048;

    /// <summary>Weight of a language in training is its bytes to this power: 0 weights languages alike, 1 bytes alike.</summary>
    [InRange(0, 1)]
    public double SamplingExponent { get; init; } = 0.3;

    /// <summary>Whether a text starts with a token of its language in place of <c>&lt;bos&gt;</c>; bits per byte count the same bytes either way.</summary>
    public bool LanguageTags { get; init; } = true;

    /// <summary>How far weights of languages equalise what the same content costs, measured on the embedded declaration: 0 not at all, 1 fully.</summary>
    [InRange(0, 1)]
    public double Parity { get; init; }
}

/// <summary>Ways of choosing the languages of phase 1.</summary>
public enum LanguageMethod
{
    /// <summary>Every other language has a near relative among them (greedy facility location).</summary>
    Diverse = 0,

    /// <summary>A seeded draw.</summary>
    Random = 1,

    /// <summary>The most training text.</summary>
    Largest = 2,

    /// <summary>The languages of <see cref="LanguagesConfig.List"/>.</summary>
    List = 3,
}

/// <summary>Which languages phase 1 trains on.</summary>
public sealed record LanguagesConfig
{
    /// <summary>The way of choosing.</summary>
    public LanguageMethod Method { get; init; }

    /// <summary>How many to choose; fewer where the corpus has fewer.</summary>
    [InRange(1, 100_000)]
    public int Count { get; init; } = 48;

    /// <summary>The languages by hand, as the corpus spells them; for <c>method: list</c>.</summary>
    public ValueList<string> List { get; init; } = [];

    /// <summary>What the similarity of <c>diverse</c> is made of.</summary>
    public SimilarityWeights Weights { get; init; } = new();
}

/// <summary>Weights of the parts of the similarity between two languages; only their proportions count.</summary>
public sealed record SimilarityWeights
{
    /// <summary>The same script.</summary>
    [InRange(0, 100)]
    public double Script { get; init; } = 1;

    /// <summary>The shared part of the family path.</summary>
    [InRange(0, 100)]
    public double Family { get; init; } = 1;

    /// <summary>Nearness on the map.</summary>
    [InRange(0, 100)]
    public double Geography { get; init; } = 0.5;

    /// <summary>Likeness of the character n-grams of the training text.</summary>
    [InRange(0, 100)]
    public double Text { get; init; } = 1.5;
}
