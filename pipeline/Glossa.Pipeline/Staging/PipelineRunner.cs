using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Staging;

/// <summary>
/// Runs stages in order, each one only where no stored result has its key. A run may be stopped or killed at any
/// moment: the same call goes on where it was.
/// </summary>
public sealed class PipelineRunner
{
    /// <summary>The resolved configuration in a run folder.</summary>
    public const string ConfigName = "config.yaml";

    private readonly IReadOnlyList<IStage> _stages;

    /// <summary>A pipeline of the stages in the order of work.</summary>
    /// <exception cref="ArgumentException">Two have one name, or one reads a stage that does not come before it.</exception>
    public PipelineRunner(IReadOnlyList<IStage> stages)
    {
        HashSet<string> earlier = new(StringComparer.Ordinal);
        foreach (IStage stage in stages)
        {
            foreach (string input in stage.Inputs.Where(input => !earlier.Contains(input)))
                throw new ArgumentException($"stage '{stage.Name}' reads '{input}', which does not come before it", nameof(stages));
            if (!earlier.Add(stage.Name)) throw new ArgumentException($"two stages are called '{stage.Name}'", nameof(stages));
        }
        _stages = stages;
    }

    /// <summary>Runs the stages.</summary>
    /// <param name="config">All settings.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="cancellation">Stops the work at the next checkpoint.</param>
    /// <exception cref="InputException">An input is missing or broken, or the run folder is not usable.</exception>
    /// <exception cref="WorkException">A stage failed, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped; the same call resumes it.</exception>
    public RunResult Run(RunConfig config, RunOptions options, CancellationToken cancellation = default)
    {
        IReadOnlyList<IStage> stages = [.. Until(options.Until).Where(stage => stage.IsNeeded(config))];
        // Asked before the run folder is made: a mistyped path leaves nothing behind.
        foreach (InputFile file in stages.SelectMany(stage => stage.SelectFiles(config))) InputHashes.RequireReadable(file);
        try
        {
            using RunFolder folder = RunFolder.Open(options.Folder);
            string configFile = folder.At(ConfigName);
            RunProvenance.RefuseOtherFormat(configFile);
            StageStore store = new(options.Store ?? folder.At(".store"), folder.Path);
            InputHashes hashes = new(folder.At(".input-hashes.json"));
            Dictionary<InputFile, string> files = [];
            foreach (InputFile file in stages.SelectMany(stage => stage.SelectFiles(config))) files[file] = hashes.Of(file);
            RunProvenance.WriteConfig(configFile, config, files);

            // An earlier run of the folder may have had more stages.
            foreach (string left in _stages.Where(stage => !stage.IsNeeded(config)).Select(stage => folder.At("stages", stage.Name + ".json")).Where(File.Exists)) File.Delete(left);
            List<StageRecord> finished = [];
            foreach (IStage stage in stages)
            {
                cancellation.ThrowIfCancellationRequested();
                StageRun run = new(stage, config, options, folder, store, files, finished);
                finished.Add(run.Run(cancellation));
            }
            return new RunResult(folder.Path, finished);
        }
        catch (IOException e) when (IoFailure.IsDiskFull(e))
        {
            throw IoFailure.Describe(e, options.Folder);
        }
    }

    private IReadOnlyList<IStage> Until(string? last)
    {
        if (last is null) return _stages;
        int count = _stages.TakeWhile(stage => stage.Name != last).Count() + 1;
        string[] names = [.. _stages.Select(stage => stage.Name)];
        return count <= _stages.Count
            ? [.. _stages.Take(count)]
            : throw new InputException($"no stage is called '{last}'", "--until", NearestName.Advice(last, names));
    }
}
