using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Staging;

/// <summary>A file from outside the run that a stage reads; its content is part of the stage's key.</summary>
/// <param name="Name">What the stage calls it, e.g. <c>corpus</c>.</param>
/// <param name="Path">Where it is.</param>
public sealed record InputFile(string Name, string Path);

/// <summary>What a stage gives to the run folder: a file or folder of its output, and where it goes.</summary>
/// <param name="Source">Path in the stage's output, with <c>/</c>.</param>
/// <param name="Target">Path in the run folder, with <c>/</c>.</param>
public sealed record PublishedPath(string Source, string Target);

/// <summary>
/// One step of a run: a pure function of its settings, the input files and the outputs of earlier stages, which
/// together with the version make its key. Derive from <see cref="Stage{TSettings}"/>.
/// </summary>
public interface IStage
{
    /// <summary>The name, in lower case; also the name of its record in <c>stages/</c>.</summary>
    string Name { get; }

    /// <summary>Raise it whenever the same inputs and settings give another result: stored results are then made again.</summary>
    int Version { get; }

    /// <summary>The names of the earlier stages whose outputs it reads, as far as the run has them.</summary>
    IReadOnlyList<string> Inputs { get; }

    /// <summary>What the run folder gets of the output.</summary>
    IReadOnlyList<PublishedPath> Published { get; }

    /// <summary>
    /// Whether a run has this stage. One that it does without leaves no trace: not in the keys of later stages that would read it, nor in the run folder.
    /// </summary>
    bool IsNeeded(RunConfig config);

    /// <summary>The settings that the result depends on, and no others: a record or anonymous object.</summary>
    object SelectSettings(RunConfig config);

    /// <summary>The files from outside that it reads.</summary>
    IReadOnlyList<InputFile> SelectFiles(RunConfig config);

    /// <summary>Does the work: reads the inputs and writes <see cref="StageContext.Output"/>.</summary>
    /// <param name="settings">What <see cref="SelectSettings"/> gave.</param>
    /// <param name="context">Folders, progress, cancellation.</param>
    void Run(object settings, StageContext context);
}

/// <summary>
/// A stage with typed settings. It sees the settings that it selected and nothing else of the configuration, so that
/// nothing can change the result and not the key.
/// </summary>
/// <typeparam name="TSettings">A record of exactly what the result depends on.</typeparam>
public abstract class Stage<TSettings> : IStage
    where TSettings : class
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract int Version { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Inputs => [];

    /// <inheritdoc/>
    public virtual IReadOnlyList<PublishedPath> Published => [];

    /// <inheritdoc/>
    public virtual bool IsNeeded(RunConfig config) => true;

    object IStage.SelectSettings(RunConfig config) => SettingsFrom(config);

    /// <inheritdoc/>
    public virtual IReadOnlyList<InputFile> SelectFiles(RunConfig config) => [];

    void IStage.Run(object settings, StageContext context) => Run((TSettings)settings, context);

    /// <summary>The settings that the result depends on.</summary>
    /// <param name="config">The whole configuration.</param>
    protected abstract TSettings SettingsFrom(RunConfig config);

    /// <summary>Does the work: reads the inputs and writes <see cref="StageContext.Output"/>.</summary>
    /// <param name="settings">What <see cref="SettingsFrom"/> gave.</param>
    /// <param name="context">Folders, progress, cancellation.</param>
    protected abstract void Run(TSettings settings, StageContext context);
}
