using System.CommandLine;
using System.Text;
using System.Text.Json;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Staging;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa languages select</c>: the choice of phase 1 alone, with its reasons.</summary>
internal static class LanguagesCommand
{
    public static Command Create(CommandHost host)
    {
        Option<string> corpus = new("--corpus") { HelpName = "FILE", Description = "CSV or CSV.gz file; udhr is the embedded corpus", DefaultValueFactory = _ => CorpusConfig.Embedded };
        Option<int> count = new("--count") { HelpName = "K", Description = "How many languages to choose", DefaultValueFactory = _ => new LanguagesConfig().Count };
        Option<string> method = new("--method") { HelpName = "METHOD", Description = "diverse, random or largest", DefaultValueFactory = _ => "diverse" };
        Option<long> seed = new("--seed") { HelpName = "N", Description = "Seed of a random choice", DefaultValueFactory = _ => 1 };
        Option<bool> json = CommandHost.JsonOption;
        Command select = new("select", "Chooses the languages of phase 1 and says why each one") { corpus, count, method, seed, json };
        select.SetAction(result =>
        {
            // The command's options are settings of a run: the same checks and messages apply.
            string path = result.GetValue(corpus)!;
            RunConfig config = ConfigReader.Parse("seed: 1", "defaults", ".", [
                FormattableString.Invariant($"seed={result.GetValue(seed)}"),
                FormattableString.Invariant($"languages.count={result.GetValue(count)}"),
                $"languages.method={result.GetValue(method)}",
                "evaluation.baseline=false",
            ]);
            if (path != CorpusConfig.Embedded) config = config with { Corpus = config.Corpus with { Path = Path.GetFullPath(path) } };
            byte[] selection = Select(config, host.ListenToSignals());
            if (host.Json) host.Output.WriteLine(Encoding.UTF8.GetString(selection).TrimEnd());
            else WriteText(host.Output, selection);
            return 0;
        });
        return new Command("languages", "Works on the languages of a corpus") { select };
    }

    private static byte[] Select(RunConfig config, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("glossa-languages-").FullName;
        try
        {
            RunResult run = new PipelineRunner([new IngestStage(), new LanguagesStage()]).Run(config, new RunOptions { Folder = folder }, cancellation);
            return File.ReadAllBytes(Path.Combine(run.Stages[^1].Folder, LanguagesStage.ResultFile));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteText(TextWriter output, byte[] selection)
    {
        using JsonDocument document = JsonDocument.Parse(selection);
        int number = 0;
        foreach (JsonElement pick in document.RootElement.GetProperty("Picks").EnumerateArray())
            output.WriteLine($"{++number,4}  {pick.GetProperty("Tag").GetString(),-16} {pick.GetProperty("Reason").GetString()}");
    }
}
