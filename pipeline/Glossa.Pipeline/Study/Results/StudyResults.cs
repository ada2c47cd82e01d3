using Glossa.Pipeline.Study.Plan;

namespace Glossa.Pipeline.Study.Results;

/// <summary>All that is known of a study: study.json, from which the report is made.</summary>
/// <param name="Version">Version of the file's form.</param>
/// <param name="Study">The study's name.</param>
/// <param name="Arms">The arms, in the order of the study's file.</param>
/// <param name="Report">What the report shows.</param>
/// <param name="Cells">The finished cells, by arm and seed.</param>
public sealed record StudyResults(int Version, string Study, IReadOnlyList<StudyArm> Arms, StudyReportPlan Report, IReadOnlyList<CellResult> Cells)
{
    /// <summary>The version that this program writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>What a general compressor makes of the same text; null where it was not asked for.</summary>
    public BaselineResult? Baseline { get; init; }
}

/// <summary>What raw LZMA2 makes of the test split, knowing the training text.</summary>
/// <param name="Corpus">Hash of the corpus and of how it is read.</param>
/// <param name="BitsPerByte">The figures by language.</param>
public sealed record BaselineResult(string Corpus, IReadOnlyDictionary<string, double> BitsPerByte);

/// <summary>A finished cell.</summary>
/// <param name="Arm">Its arm.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Key">Hash of <paramref name="Settings"/>.</param>
/// <param name="Settings">All that the figures depend on.</param>
/// <param name="Made">How it was made.</param>
/// <param name="Training">What training did.</param>
/// <param name="Valid">Figures of the split that settings are chosen by.</param>
/// <param name="Test">Figures of the split that only results see.</param>
public sealed record CellResult(
    string Arm, long Seed, string Key, IReadOnlyDictionary<string, string> Settings, CellProvenance Made, CellTraining Training, SplitScores Valid, SplitScores Test)
{
    /// <summary>The cell's name.</summary>
    public string Name => StudyCell.NameOf(Arm, Seed);

    /// <summary>What the study has changed since the cell was run, so that its figures are no longer the arm's; null where nothing.</summary>
    public string? Outdated { get; init; }

    /// <summary>The last rerun of the cell; null where there was none.</summary>
    public CellRerun? Rerun { get; init; }
}

/// <summary>How a cell was made.</summary>
/// <param name="Glossa">Version of Glossa.</param>
/// <param name="Processor">The processor's name.</param>
/// <param name="Threads">Concurrent runs.</param>
/// <param name="TrainSeconds">Seconds of training.</param>
/// <param name="ScoreSeconds">Seconds of scoring.</param>
/// <param name="Commit">The source's commit; null where the build does not know.</param>
public sealed record CellProvenance(string Glossa, string Processor, int Threads, double TrainSeconds, double ScoreSeconds, string? Commit = null);

/// <summary>What training did.</summary>
/// <param name="Parameters">Trainable scalars.</param>
/// <param name="Tokens">Tokens predicted over all phases.</param>
/// <param name="UniqueBytes">UTF-8 bytes of different training text over all phases.</param>
/// <param name="Phases">The phases.</param>
/// <param name="LanguageBytes">UTF-8 bytes of training text by language.</param>
/// <param name="Curve">The learning curve, thinned.</param>
public sealed record CellTraining(
    long Parameters, long Tokens, long UniqueBytes, IReadOnlyList<CellPhase> Phases, IReadOnlyDictionary<string, long> LanguageBytes, CellCurve Curve);

/// <summary>One phase.</summary>
/// <param name="Name">Its name.</param>
/// <param name="UniqueBytes">UTF-8 bytes of its languages' text.</param>
/// <param name="Tokens">Tokens predicted.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Languages">Its languages; null for all.</param>
public sealed record CellPhase(string Name, long UniqueBytes, long Tokens, int Steps, IReadOnlyList<string>? Languages = null);

/// <summary>A learning curve.</summary>
/// <param name="Tokens">Tokens predicted so far.</param>
/// <param name="Loss">Training loss there, nats per token.</param>
public sealed record CellCurve(IReadOnlyList<double> Tokens, IReadOnlyList<double> Loss);

/// <summary>Figures of a split by language.</summary>
/// <param name="BitsPerByte">Bits per byte.</param>
/// <param name="Bytes">UTF-8 bytes scored.</param>
/// <param name="Tokens">Tokens scored.</param>
public sealed record SplitScores(IReadOnlyDictionary<string, double> BitsPerByte, IReadOnlyDictionary<string, long> Bytes, IReadOnlyDictionary<string, long> Tokens);

/// <summary>What came of making a cell anew.</summary>
/// <param name="BitEqual">Whether every number was the same to the bit.</param>
/// <param name="Numbers">How many were compared.</param>
/// <param name="Processor">The processor of the rerun.</param>
/// <param name="Commit">The source's commit; null where the build does not know.</param>
/// <param name="Difference">The first that differed; null where none did.</param>
public sealed record CellRerun(bool BitEqual, int Numbers, string Processor, string? Commit = null, string? Difference = null);
