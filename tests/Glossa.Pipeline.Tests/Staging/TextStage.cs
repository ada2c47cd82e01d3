using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Tests.Staging;

/// <summary>A stage that joins the texts of its inputs and adds its own; it counts how often it works.</summary>
internal sealed class TextStage(string name, params string[] inputs) : Stage<TextStage.Settings>
{
    public sealed record Settings(string Text);

    public override string Name => name;

    public override int Version => StageVersion;

    public override IReadOnlyList<string> Inputs => inputs;

    public override IReadOnlyList<PublishedPath> Published => Publish;

    public int StageVersion { get; set; } = 1;

    public int Runs { get; private set; }

    public IReadOnlyList<PublishedPath> Publish { get; set; } = [];

    public InputFile? File { get; set; }

    public Func<RunConfig, string> Text { get; set; } = _ => "";

    public Action<StageContext>? Work { get; set; }

    public Func<RunConfig, bool> Needed { get; set; } = _ => true;

    /// <summary>The inputs whose texts it reads.</summary>
    public IReadOnlyList<string> Reads { get; set; } = inputs;

    public override bool IsNeeded(RunConfig config) => Needed(config);

    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config) => File is null ? [] : [File];

    protected override Settings SettingsFrom(RunConfig config) => new(Text(config));

    protected override void Run(Settings settings, StageContext context)
    {
        Runs++;
        Work?.Invoke(context);
        string text = string.Concat(Reads.Select(input => System.IO.File.ReadAllText(context.Input(input, "model/text.txt"))));
        if (File is not null) text += System.IO.File.ReadAllText(context.File(File.Name));
        System.IO.File.WriteAllText(context.OutputFile("model/text.txt"), text + settings.Text + name);
    }
}
