using System.Text.Json;
using Glossa.Pipeline;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;

namespace Glossa.Benchmarks.Runs;

/// <summary>A run up to the end of training, its finished stages shared with other runs.</summary>
internal static class TrainedRun
{
    /// <summary>A model so small that what surrounds the step shows.</summary>
    public static IReadOnlyList<string> Small { get; } =
        ["tokenizer.vocabulary=512", "model.layers=1", "model.width=64", "model.heads=1", "languages.method=random", "evaluation.baseline=false"];

    /// <summary>Runs up to a stage.</summary>
    public static RunResult Until(string stage, string folder, string store, IEnumerable<string> settings) =>
        new PipelineRunner(PipelineStages.All).Run(ConfigReader.Load(null, [.. settings]).Config, new RunOptions { Folder = folder, Store = store, Until = stage });

    /// <summary>What the training of a run did.</summary>
    public static TrainingResult Training(RunResult run) =>
        JsonSerializer.Deserialize<TrainingResult>(File.ReadAllBytes(Path.Combine(run.Stages.Single(stage => stage.Name == "train").Folder, TrainStage.ResultFile)))!;
}
