using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Distill;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Study.Cells;

/// <summary>The stages that a cell passes: those of <c>glossa run</c> up to training, then scoring of both splits.</summary>
internal static class CellStages
{
    /// <summary>The stages that cells may share; they come before training, that of teachers included.</summary>
    public static IReadOnlyList<IStage> Shared { get; } = [.. PipelineStages.All.TakeWhile(stage => stage is not TeachersStage)];

    /// <summary>All that the figures depend on.</summary>
    /// <param name="scoredBytesPerLanguage">Most bytes of each language and split that are scored; null for all.</param>
    public static IReadOnlyList<IStage> Measured(long? scoredBytesPerLanguage) =>
        [.. Shared, .. PipelineStages.All.Where(stage => stage is TeachersStage or TrainStage), new ScoreStage(scoredBytesPerLanguage)];

    /// <summary>The same, and the export of the trained model.</summary>
    public static IReadOnlyList<IStage> Kept(long? scoredBytesPerLanguage) => [.. Measured(scoredBytesPerLanguage), new ExportStage()];

    /// <summary>A cell's configuration as it is run: what needs a run of its own and no cell shows is off.</summary>
    public static RunConfig Settled(RunConfig config) => config with
    {
        Evaluation = config.Evaluation with { Baseline = false },
        Export = config.Export with { Precisions = [Precision.Fp32] },
    };
}
