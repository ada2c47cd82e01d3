using System.Text.Json;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Report;
using Glossa.Pipeline.Report.Drawing;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Study.Cells;

/// <summary>One cell: its stages run, its figures gathered, its weights dropped.</summary>
/// <param name="cell">The cell.</param>
/// <param name="settings">What its figures depend on.</param>
/// <param name="scoredBytesPerLanguage">Most bytes of each language and split that are scored; null for all.</param>
internal sealed class CellRun(StudyCell cell, IReadOnlyDictionary<string, string> settings, long? scoredBytesPerLanguage)
{
    private const int CurvePoints = 50;

    private readonly RunConfig _config = CellStages.Settled(cell.Config);

    /// <summary>Runs the cell, from its last checkpoint where there is one.</summary>
    /// <param name="folder">The cell's run folder.</param>
    /// <param name="store">Finished stages.</param>
    /// <param name="sharedLock">Held while stages are done that other cells may need too.</param>
    /// <param name="progress">Shows the stages.</param>
    /// <param name="cancellation">Stops at the next checkpoint.</param>
    public CellResult Run(string folder, string store, string sharedLock, IProgressReporter progress, CancellationToken cancellation)
    {
        RunOptions options = new() { Folder = folder, Store = store, Progress = progress };
        using (FileLock.Take(sharedLock, cancellation)) new PipelineRunner(CellStages.Shared).Run(_config, options, cancellation);
        IReadOnlyList<IStage> stages = cell.Keep ? CellStages.Kept(scoredBytesPerLanguage) : CellStages.Measured(scoredBytesPerLanguage);
        return Result(new PipelineRunner(stages).Run(_config, options, cancellation).Stages);
    }

    /// <summary>Deletes what nobody needs once the figures are stored: the training's weights, and without a kept model the run folder.</summary>
    public void Drop(string folder, string store)
    {
        string stages = Path.Combine(folder, "stages");
        foreach (string name in (string[])["train", "score"])
        {
            using JsonDocument record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(stages, name + ".json")));
            DurableFolder.Delete(Path.Combine(store, record.RootElement.GetProperty("key").GetString()!));
        }
        if (!cell.Keep) DurableFolder.Delete(folder);
    }

    private CellResult Result(IReadOnlyList<StageRecord> records)
    {
        double seconds = records.Where(record => record.Name is "teachers" or "train").Sum(record => record.Seconds);
        StageRecord train = records.Single(record => record.Name == "train"), score = records.Single(record => record.Name == "score");
        TrainingResult training = Read<TrainingResult>(train, TrainStage.ResultFile);
        CellScores scores = Read<CellScores>(score, ScoreStage.ResultFile);
        string[] version = RunProvenance.FullVersion.Split('+');
        return new CellResult(
            cell.Arm, cell.Seed, CellSettings.Key(settings), settings,
            new CellProvenance(version[0], MachineInfo.ProcessorName, Workers.Of(_config.Engine), seconds, score.Seconds, version.Length > 1 ? version[1] : null),
            Training(training, scores.TrainBytes), Scores(scores.Valid), Scores(scores.Test));
    }

    private static CellTraining Training(TrainingResult training, IReadOnlyDictionary<string, long> bytes)
    {
        string[] used = [.. training.Phases.SelectMany(phase => phase.Languages).Distinct().Order(StringComparer.Ordinal)];
        IReadOnlyList<CurveSample> curve = Curve.Sample(training.Curve, point => point.Tokens, point => point.Loss, CurvePoints);
        return new CellTraining(
            training.Parameters, training.Phases.Sum(phase => phase.Tokens),
            // Phases may share languages: a byte that two of them see counts once.
            Math.Max(used.Sum(language => bytes[language]), training.Phases.Max(phase => phase.UniqueBytes)),
            [.. training.Phases.Select(phase => new CellPhase(phase.Name, phase.UniqueBytes, phase.Tokens, phase.Steps, phase.Languages.Count < bytes.Count ? phase.Languages : null))],
            new SortedDictionary<string, long>(used.ToDictionary(language => language, language => bytes[language]), StringComparer.Ordinal),
            new CellCurve([.. curve.Select(sample => sample.X)], [.. curve.Select(sample => sample.Mean)]));
    }

    private static SplitScores Scores(IReadOnlyList<LanguageScore> scores) =>
        new(By(scores, score => score.BitsPerByte), By(scores, score => score.Bytes), By(scores, score => score.Tokens));

    private static SortedDictionary<string, T> By<T>(IReadOnlyList<LanguageScore> scores, Func<LanguageScore, T> value) =>
        new(scores.ToDictionary(score => score.Language, value), StringComparer.Ordinal);

    private static T Read<T>(StageRecord record, string file) => JsonSerializer.Deserialize<T>(File.ReadAllBytes(Path.Combine(record.Folder, file)))!;
}
