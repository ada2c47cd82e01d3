using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Finetune;

/// <summary>The folder of a fine-tuning at work, beside its output: checkpoints that a stopped run goes on from, and the output in the making.</summary>
/// <param name="folder">Its path, which names the settings and files.</param>
/// <param name="progress">Shows how far the work is.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class FinetuneWork(string folder, IProgressReporter progress, CancellationToken cancellation)
{
    /// <summary>Shows how far the work is.</summary>
    public IProgressReporter Progress { get; } = progress;

    /// <summary>Stops the work.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Surroundings of a training pass; its checkpoints survive a crash.</summary>
    public StageContext Pass(string name) => new(Fresh(name + ".out"), Path.Combine(folder, name))
    {
        Engine = new EngineConfig(),
        Progress = Progress,
        Cancellation = Cancellation,
    };

    /// <summary>The full path of an output folder that is to be made.</summary>
    /// <exception cref="InputException">Something has that name.</exception>
    public static string NewOutput(string folder) =>
        Path.Exists(folder) ? throw new InputException("the output folder is there already", folder, "name another with --out, or delete it") : Path.GetFullPath(folder);

    /// <summary>An empty folder.</summary>
    public string Fresh(string name)
    {
        string path = Path.Combine(folder, name);
        DurableFolder.Delete(path);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Gives a finished folder its name and deletes the rest.</summary>
    public void Finish(string finished, string output)
    {
        _ = DurableFolder.Seal(finished);
        Directory.CreateDirectory(Path.GetDirectoryName(output)!);
        DurableFolder.Reveal(finished, output);
        DurableFolder.Delete(folder);
    }
}
