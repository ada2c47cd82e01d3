using Glossa.Data.Corpora;

namespace Glossa.Cli.Tests;

/// <summary>A corpus of a few languages and the settings of a run of seconds.</summary>
internal sealed class TrialRun : IDisposable
{
    private static readonly string[] Languages = ["am", "ar", "de", "en", "hi", "ja", "sw", "tr"];

    public TrialRun()
    {
        Corpus = Path.Combine(Folder, "small.csv");
        using StreamWriter writer = new(Corpus);
        writer.WriteLine("language,split,text");
        foreach (CorpusText text in CorpusReader.Read(EmbeddedCorpora.UdhrPath).Where(text => Languages.Contains(text.Language)))
            writer.WriteLine($"{text.Language},{text.Split.ToString().ToLowerInvariant()},\"{text.Text.Replace("\"", "\"\"")}\"");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("glossa-cli-").FullName;

    public string Corpus { get; }

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>The command line of a run into a folder below this one.</summary>
    public string[] Run(string name, params string[] more) =>
    [
        "run", "--out", At(name),
        .. Set("corpus.path=" + Corpus, "tokenizer.vocabulary=400", "languages.count=3", "model.layers=2", "model.width=64", "model.context=128",
            "curriculum.phases.0.tokens=30000", "curriculum.phases.1.tokens=60000", "batch.tokensPerStep=512", "batch.microBatchTokens=256",
            "engine.checkpointSeconds=0.1", "engine.threads=2", "export.gates.int8=0.2"),
        .. more,
    ];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static IEnumerable<string> Set(params string[] settings) => settings.SelectMany(setting => new[] { "--set", setting });
}
