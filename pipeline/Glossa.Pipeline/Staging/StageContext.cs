using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Progress;

namespace Glossa.Pipeline.Staging;

/// <summary>What a stage at work has around it.</summary>
public sealed class StageContext
{
    private readonly IReadOnlyDictionary<string, string> _inputs;
    private readonly IReadOnlyDictionary<string, string> _files;
    private readonly string _scratch;

    /// <summary>The surroundings of one stage; tests make their own.</summary>
    /// <param name="output">Existing empty folder to fill.</param>
    /// <param name="scratch">Folder for work in progress; made on first use.</param>
    /// <param name="inputs">Output folders of the input stages, by stage name.</param>
    /// <param name="files">Paths of the input files, by name.</param>
    public StageContext(
        string output, string scratch, IReadOnlyDictionary<string, string>? inputs = null, IReadOnlyDictionary<string, string>? files = null)
    {
        Output = output;
        _scratch = scratch;
        _inputs = inputs ?? new Dictionary<string, string>();
        _files = files ?? new Dictionary<string, string>();
    }

    /// <summary>
    /// The folder that the stage fills. It is private until the stage returns and then appears whole under its key;
    /// plain files will do, no atomic writing is needed.
    /// </summary>
    public string Output { get; }

    /// <summary>
    /// A folder of the stage's own that survives a crash and belongs to this key alone: checkpoints of work in
    /// progress. Write into it through <see cref="AtomicFile"/>; it is deleted when the stage is done.
    /// </summary>
    public string Scratch
    {
        get
        {
            Directory.CreateDirectory(_scratch);
            return _scratch;
        }
    }

    /// <summary>How to run, where that changes the speed and not the result: threads, seconds between checkpoints.</summary>
    public EngineConfig Engine { get; init; } = new();

    /// <summary>Shows a person how far the work is.</summary>
    public IProgressReporter Progress { get; init; } = SilentProgress.Instance;

    /// <summary>Asks the stage to stop: it then writes its checkpoint and throws <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The stages of this run that are done, in order; for the report's table of times, never for results.</summary>
    public IReadOnlyList<StageRecord> Finished { get; init; } = [];

    /// <summary>The output folder of an input stage.</summary>
    /// <param name="stage">A name among <see cref="IStage.Inputs"/>.</param>
    /// <exception cref="ArgumentException">The stage did not declare that input.</exception>
    public string Input(string stage) => _inputs.TryGetValue(stage, out string? folder)
        ? folder
        : throw new ArgumentException($"the stage reads '{stage}' without declaring it as an input", nameof(stage));

    /// <summary>A file in the output of an input stage.</summary>
    /// <param name="stage">A name among <see cref="IStage.Inputs"/>.</param>
    /// <param name="path">The file, relative to that output.</param>
    public string Input(string stage, string path) => Path.Combine(Input(stage), path);

    /// <summary>A file in the stage's own output; its folder is made.</summary>
    /// <param name="path">The file, relative to <see cref="Output"/>.</param>
    public string OutputFile(string path)
    {
        string full = Path.Combine(Output, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }

    /// <summary>The surroundings of a stage that is run as a part of this one: the same inputs and files, and the outputs of parts before it.</summary>
    /// <param name="output">Existing empty folder to fill.</param>
    /// <param name="scratch">Folder for work in progress.</param>
    /// <param name="progress">Shows how far the part is.</param>
    /// <param name="outputs">Output folders of earlier parts, by stage name.</param>
    public StageContext Within(string output, string scratch, IProgressReporter progress, IReadOnlyDictionary<string, string>? outputs = null) =>
        new(output, scratch, _inputs.Concat(outputs ?? new Dictionary<string, string>()).ToDictionary(), _files)
        {
            Engine = Engine,
            Progress = progress,
            Cancellation = Cancellation,
        };

    /// <summary>The path of a declared input file.</summary>
    /// <param name="name">A name among those of <see cref="IStage.SelectFiles"/>.</param>
    /// <exception cref="ArgumentException">The stage did not declare that file.</exception>
    public string File(string name) => _files.TryGetValue(name, out string? path)
        ? path
        : throw new ArgumentException($"the stage reads file '{name}' without declaring it", nameof(name));
}
