using System.Globalization;
using System.Text.Json;

namespace Glossa.Training.Checkpoints;

/// <summary>What was restored.</summary>
/// <param name="Path">The checkpoint file.</param>
/// <param name="Step">The step it was saved at.</param>
/// <param name="Run">The caller's run state as it was given to <see cref="CheckpointStore.Save"/>.</param>
public sealed record RestoredCheckpoint(string Path, long Step, JsonElement Run);

/// <summary>The outcome of looking for a checkpoint.</summary>
/// <param name="Checkpoint">What was restored; null where no valid checkpoint was found and the run starts at its beginning.</param>
/// <param name="Warnings">One line for each damaged file that was passed over, newest first.</param>
public sealed record RestoreResult(RestoredCheckpoint? Checkpoint, IReadOnlyList<string> Warnings);

/// <summary>
/// The checkpoints of one run: a folder of files <c>step-000000001234.safetensors</c>. A file appears whole or not at all; which one is the
/// latest is decided by reading the files, never by a pointer that could be out of date.
/// </summary>
public sealed class CheckpointStore
{
    private const string Prefix = "step-";
    private const string Suffix = ".safetensors";
    private readonly string _folder;
    private readonly int _keep;

    /// <summary>Names the folder, which <see cref="Save"/> creates.</summary>
    /// <param name="folder">The run's checkpoint folder; nothing else numbers files there in the same way.</param>
    /// <param name="keep">How many checkpoints to keep; two survive damage to the newest.</param>
    public CheckpointStore(string folder, int keep = 2)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        (_folder, _keep) = (folder, keep);
    }

    /// <summary>
    /// Saves the state atomically, then deletes what is no longer needed: all but the newest checkpoints, and those of later steps, which
    /// can only be damaged ones or left by an earlier run.
    /// </summary>
    /// <param name="state">Weights, moments, average.</param>
    /// <param name="step">The number that orders checkpoints: optimizer steps taken since the run began, over all phases.</param>
    /// <param name="run">What the caller needs to go on: phase, seed, data order, losses so far.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written; earlier checkpoints are untouched.</exception>
    public string Save(TrainingState state, long step, JsonElement run)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        string path = Path.Combine(_folder, Prefix + step.ToString("D12", CultureInfo.InvariantCulture) + Suffix);
        CheckpointFile.Write(path, state, step, run);
        int kept = 0;
        foreach ((long other, string file) in Files())
            if (other > step || ++kept > _keep) Delete(file);
        return path;
    }

    /// <summary>Restores the newest valid checkpoint into the state; a damaged one is passed over with a warning.</summary>
    /// <exception cref="InputException">The newest undamaged checkpoint is of another version, model or optimizer, or a file may not be read; the state is unchanged.</exception>
    public RestoreResult RestoreLatest(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        DeleteLeftovers();
        List<string> warnings = [];
        foreach ((_, string file) in Files())
        {
            if (CheckpointFile.Damage(file) is { } damage)
            {
                warnings.Add($"{file}: the checkpoint is damaged and was passed over ({damage.TrimEnd('.')}); the run goes back to an earlier one, or to its beginning, and repeats the work since");
                continue;
            }
            (long step, JsonElement run) = CheckpointFile.Read(file, state);
            return new RestoreResult(new RestoredCheckpoint(file, step, run), warnings);
        }
        return new RestoreResult(null, warnings);
    }

    /// <summary>Deletes all checkpoints, as for a run that starts afresh.</summary>
    public void Clear()
    {
        foreach ((_, string file) in Files()) Delete(file);
        DeleteLeftovers();
    }

    /// <summary>Numbered files, newest first.</summary>
    private List<(long Step, string File)> Files()
    {
        if (!Directory.Exists(_folder)) return [];
        List<(long Step, string File)> files = [];
        foreach (string file in Directory.GetFiles(_folder, Prefix + "*" + Suffix))
        {
            string number = Path.GetFileName(file)[Prefix.Length..^Suffix.Length];
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long step)) files.Add((step, file));
        }
        files.Sort((a, b) => b.Step.CompareTo(a.Step));
        return files;
    }

    /// <summary>A killed run leaves the file that it was writing; it is as large as a checkpoint.</summary>
    private void DeleteLeftovers()
    {
        if (!Directory.Exists(_folder)) return;
        foreach (string file in Directory.GetFiles(_folder, Prefix + "*" + AtomicFile.TemporarySuffix)) Delete(file);
    }

    private static void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An old checkpoint that cannot be deleted costs space, no correctness; the next save tries again.
        }
    }
}
