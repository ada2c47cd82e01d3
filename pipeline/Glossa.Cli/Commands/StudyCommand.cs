using System.CommandLine;
using Glossa.Cli.Progress;
using Glossa.Pipeline.Study;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa study</c>: a grid of settings and seeds over one corpus.</summary>
internal static class StudyCommand
{
    private static readonly string StudiesFolder = Path.Combine("runs", "studies");

    public static Command Create(CommandHost host)
    {
        Argument<string> file = new("STUDY.yaml") { Description = "The study: a base configuration, seeds, arms" };
        Option<string?> folder = new("--out") { HelpName = "DIR", Description = "Output folder [default: runs/studies/<name>]" };
        Option<string?> cells = new("--cells") { HelpName = "PATTERN", Description = "Runs the cells (arm/seed) of these names only, as in --cells 'joint*/1'" };
        Option<double?> minutes = new("--minutes") { HelpName = "M", Description = "Stops in good order after so many minutes" };
        Option<int> processes = new("--processes") { HelpName = "N", Description = "Cells to run at the same time", DefaultValueFactory = _ => 1 };
        Option<int?> threads = new("--threads") { HelpName = "T", Description = "Concurrent runs of each cell [default: the cores, shared among the processes]" };
        Option<string?> rerun = new("--rerun") { HelpName = "CELL", Description = "Makes one finished cell (arm/seed) anew from nothing and says whether every number is the same to the bit" };
        Option<bool> list = new("--list") { Description = "Says of every cell whether it is finished, and runs none" };
        Option<bool> quiet = new("--quiet") { Description = "Shows errors only" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("study", "Trains every arm of a study with every seed and measures it; finished cells are kept and not run again")
        {
            file, folder, cells, minutes, processes, threads, rerun, list, quiet, json,
        };
        command.Add(StudyReportCommand.Create(host));
        host.Details[command] =
            """
            A cell is an arm with a seed. After each one study.json is written; Ctrl-C, --minutes or a crash loses at most the work
            since the last checkpoint, and the same command goes on from there. Several may work on one study at the same time.
            Exit code 1 where a cell failed, or where a cell made anew is not the same. docs/study.md explains the file.
            """;
        command.SetAction(result =>
        {
            int count = ModelOptions.Checked(result.GetValue(processes), "--processes", 256);
            if (count == 0) throw new InputException("expected at least one process, found 0", "--processes");
            int runs = result.GetValue(threads) is int asked ? ModelOptions.Checked(asked, "--threads") : 0;
            StudyPlan plan = StudyReader.Load(result.GetValue(file)!, runs > 0 ? runs : count > 1 ? Math.Max(1, Environment.ProcessorCount / count) : null);
            bool silent = host.Json || result.GetValue(quiet);
            using TextWriter lines = TextWriter.Synchronized(silent ? TextWriter.Null : host.Output);
            StudyRunner runner = new(plan, new StudyOptions
            {
                Folder = result.GetValue(folder) ?? Path.Combine(StudiesFolder, plan.Name),
                Cells = result.GetValue(cells),
                Limit = result.GetValue(minutes) is double limit ? TimeSpan.FromMinutes(CheckedMinutes(limit)) : null,
                Processes = count,
                Progress = cell => new CellLines(cell, lines, TimeProvider.System),
                Note = lines.WriteLine,
            });
            if (result.GetValue(list)) return List(host, runner);
            if (result.GetValue(rerun) is string cell) return Rerun(host, runner, cell);
            StudyOutcome outcome = runner.Run(host.ListenToSignals());
            if (host.Json) WriteJson(host, outcome);
            else if (!silent) WriteText(host.Output, outcome);
            return outcome.Failed.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static int Rerun(CommandHost host, StudyRunner runner, string cell)
    {
        CellRerun rerun = runner.Rerun(cell, host.ListenToSignals());
        if (host.Json)
        {
            host.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("bitEqual", rerun.BitEqual);
                json.WriteNumber("numbers", rerun.Numbers);
                if (rerun.Difference is not null) json.WriteString("difference", rerun.Difference);
                json.WriteEndObject();
            });
        }
        else
        {
            host.Output.WriteLine(rerun.BitEqual ? $"{cell}: all {rerun.Numbers} numbers are the same to the bit" : $"{cell}: not the same: {rerun.Difference}");
        }
        return rerun.BitEqual ? 0 : 1;
    }

    private static double CheckedMinutes(double minutes) => minutes is > 0 and <= 1e5
        ? minutes
        : throw new InputException(FormattableString.Invariant($"expected minutes from 0 to 100000, found {minutes}"), "--minutes");

    private static int List(CommandHost host, StudyRunner runner)
    {
        (StudyCell Cell, string? Pending)[] states = [.. runner.Cells.Select(cell => (cell, runner.Pending(cell)))];
        if (!host.Json)
        {
            foreach ((StudyCell cell, string? pending) in states) host.Output.WriteLine($"{cell.Name}: {pending ?? "finished"}");
            return 0;
        }
        host.WriteJson(json =>
        {
            json.WriteStartArray();
            foreach ((StudyCell cell, string? pending) in states)
            {
                json.WriteStartObject();
                json.WriteString("cell", cell.Name);
                json.WriteBoolean("finished", pending is null);
                if (pending is not null) json.WriteString("pending", pending);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        return 0;
    }

    private static void WriteText(TextWriter output, StudyOutcome outcome)
    {
        if (outcome.OutOfTime) output.WriteLine("stopped after the time allowed; the same command goes on from there");
        if (outcome.Failed.Count > 0) output.WriteLine($"{outcome.Failed.Count} cells failed: {string.Join(", ", outcome.Failed.Keys.Order(StringComparer.Ordinal))}");
        output.WriteLine($"{outcome.Finished} of {outcome.Wanted} cells are finished, {outcome.Ran} of them now; results in {outcome.Results}");
    }

    private static void WriteJson(CommandHost host, StudyOutcome outcome) => host.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("results", outcome.Results);
        json.WriteNumber("cells", outcome.Wanted);
        json.WriteNumber("finished", outcome.Finished);
        json.WriteNumber("ran", outcome.Ran);
        json.WriteBoolean("outOfTime", outcome.OutOfTime);
        json.WriteStartObject("failed");
        foreach ((string cell, string message) in outcome.Failed.OrderBy(entry => entry.Key, StringComparer.Ordinal)) json.WriteString(cell, message);
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
