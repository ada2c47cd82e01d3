using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Glossa.Cli.Progress;
using Glossa.Pipeline;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa run</c>: the whole pipeline.</summary>
internal static class RunCommand
{
    private const string RunsFolder = "runs";
    private const string StoreName = ".store";
    private const string LastBeforeTraining = "model";
    private const string ReportName = "report.json";

    public static Command Create(CommandHost host)
    {
        Argument<string?> config = new("config") { Arity = ArgumentArity.ZeroOrOne, Description = "YAML file; without it the embedded one: UDHR, 464 languages" };
        Option<string?> folder = new("--out") { HelpName = "DIR", Description = "Run folder [default: runs/<config name>]" };
        Option<string[]> set = new("--set") { HelpName = "key=value", Description = "Overrides a setting, as in --set tokenizer.vocabulary=4096; repeatable" };
        Option<string?> until = new("--until") { HelpName = "STAGE", Description = $"Stops after a stage: {string.Join(", ", PipelineStages.All.Select(stage => stage.Name))}" };
        Option<bool> fresh = new("--fresh") { Description = "Makes every stage again instead of reusing stored results" };
        Option<bool> verify = new("--verify") { Description = "Compares the hashes of stored results before reusing them" };
        Option<string?> store = new("--store") { HelpName = "DIR", Description = "Where finished stages are stored by content [default: runs/.store, or DIR/.store with --out DIR]" };
        Option<bool> dryRun = new("--dry-run") { Description = "Does the stages before training and says what training will take: parameters, memory, tokens, minutes" };
        Option<bool> quiet = new("--quiet") { Description = "Shows errors only" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("run", "Trains, measures and exports a model: ingest, tokenizer, languages, model, train, evaluate, export, report")
        {
            config, folder, set, until, fresh, verify, store, dryRun, quiet, json,
        };
        host.Details[command] =
            """
            Finished stages are reused; Ctrl-C or a crash loses at most the work since the last checkpoint, and the same
            command goes on from there, to the same bits.
            """;
        command.SetAction(result =>
        {
            LoadedConfig loaded = ConfigReader.Load(result.GetValue(config), result.GetValue(set));
            string? chosen = result.GetValue(folder);
            RunOptions options = new()
            {
                Folder = chosen ?? Path.Combine(RunsFolder, loaded.Name),
                Store = result.GetValue(store) ?? (chosen is null ? Path.Combine(RunsFolder, StoreName) : null),
                Until = result.GetValue(until),
                Fresh = result.GetValue(fresh),
                Verify = result.GetValue(verify),
            };
            CancellationToken cancellation = host.ListenToSignals();
            bool dry = result.GetValue(dryRun);
            if (dry && options.Until is not null) throw new InputException("--dry-run and --until exclude each other", fix: "leave out one of them");
            if (dry) options = options with { Until = LastBeforeTraining };
            bool silent = host.Json || result.GetValue(quiet);
            RunResult run = ProgressDisplay.During(silent, host.Output, progress =>
                new PipelineRunner(PipelineStages.All).Run(loaded.Config, options with { Progress = progress }, cancellation));
            if (dry) WriteEstimate(host, new TrainStage().Estimate(loaded.Config, run.Stages));
            else if (host.Json) WriteJson(host, run);
            else if (!silent) WriteText(host.Output, run);
            return 0;
        });
        return command;
    }

    private static void WriteEstimate(CommandHost host, TrainingEstimate estimate)
    {
        if (!host.Json)
        {
            host.Output.WriteLine(estimate);
            return;
        }
        host.WriteJson(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("parameters", estimate.Parameters);
            json.WriteNumber("tokens", estimate.Tokens);
            json.WriteNumber("steps", estimate.Steps);
            json.WriteNumber("memoryBytes", estimate.MemoryBytes);
            json.WriteNumber("seconds", Math.Round(estimate.Seconds, 1));
            json.WriteEndObject();
        });
    }

    private static void WriteJson(CommandHost host, RunResult run) => host.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("folder", run.Folder);
        json.WriteStartArray("stages");
        foreach (StageRecord stage in run.Stages)
        {
            json.WriteStartObject();
            json.WriteString("name", stage.Name);
            json.WriteNumber("seconds", stage.Seconds);
            json.WriteBoolean("cached", stage.Cached);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (Figures(run) is JsonDocument report)
        {
            using (report)
            {
                json.WriteString("report", Path.Combine(run.Folder, ReportName));
                if (report.RootElement.TryGetProperty("bitsPerByte", out JsonElement figures))
                {
                    json.WritePropertyName("bitsPerByte");
                    figures.WriteTo(json);
                }
            }
        }
        json.WriteEndObject();
    });

    private static void WriteText(TextWriter output, RunResult run)
    {
        using JsonDocument? report = Figures(run);
        if (report is not null && report.RootElement.TryGetProperty("bitsPerByte", out JsonElement figures) && figures.TryGetProperty("mean", out JsonElement mean))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"mean bits per byte: {mean.GetDouble():F4}"));
        output.WriteLine($"everything is in {run.Folder}");
    }

    // A run that stopped early (--until) has no report of its own; one that lies there is of an earlier run.
    private static JsonDocument? Figures(RunResult run)
    {
        string path = Path.Combine(run.Folder, ReportName);
        return run.Stages[^1].Name == PipelineStages.All[^1].Name && File.Exists(path) ? JsonDocument.Parse(File.ReadAllBytes(path)) : null;
    }
}
