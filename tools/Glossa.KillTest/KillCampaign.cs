using System.Globalization;
using System.Text.Json;

namespace Glossa.KillTest;

/// <summary>An uninterrupted run, then killed and resumed ones, compared with it.</summary>
/// <param name="config">Configuration of every run.</param>
/// <param name="work">Folder that holds the run folders.</param>
/// <param name="output">One line for each kill and each finished run.</param>
internal sealed class KillCampaign(string config, string work, TextWriter output)
{
    private const int MostTries = 5;
    private const double RestOfTraining = 1.4;
    private static readonly string[] ResultFolders = ["model", "checkpoints"];
    private static readonly string[] ResultFigures = ["bitsPerByte", "languages"];
    private readonly List<string> _faults = [];
    private IReadOnlyDictionary<string, double> _usual = new Dictionary<string, double>();
    private Dictionary<string, string> _expected = [];
    private int _kills, _resumes, _runs;

    /// <summary>Kills at every moment of the plan.</summary>
    /// <param name="plan">The moments, in the order of a run.</param>
    /// <param name="separate">Whether each kill gets a run folder of its own.</param>
    /// <returns>True where every resumed run ended with the same bits and nothing half-written was seen.</returns>
    /// <exception cref="WorkException">The uninterrupted run failed.</exception>
    public bool Run(IReadOnlyList<KillMoment> plan, bool separate)
    {
        string reference = Path.Combine(work, "uninterrupted");
        ProcessOutcome whole = GlossaProcess.Run(Arguments(reference));
        if (whole.ExitCode != 0) throw new WorkException($"the uninterrupted run ended with exit code {whole.ExitCode}: {whole.Error.Trim()}");
        (_usual, _expected) = (whole.Seconds, Results(reference));
        Say($"uninterrupted: {string.Join(", ", _usual.Where(place => !place.Key.StartsWith("after", StringComparison.Ordinal)).Select(place => Text($"{place.Key} {place.Value:F2} s")))}");
        if (separate)
        {
            foreach (KillMoment moment in plan) RunOnce(moment);
        }
        else
        {
            Queue<KillMoment> queue = new(plan);
            // A run that reaches its end before all moments are used is compared, and the rest kill another one; where
            // not one kill came in time, earlier.
            for (int attempt = 1; queue.Count > 0 && attempt <= MostTries;)
            {
                int before = queue.Count;
                RunChain(queue, plan, attempt);
                attempt = queue.Count == before ? attempt + 1 : 1;
            }
            if (queue.TryPeek(out KillMoment? moment)) Fault($"no run could be killed in '{moment.Stage}': it always ended first");
        }
        if (_resumes == 0) Fault("no run went on from a checkpoint: the training is too short for this test");
        Say($"{_kills} kills, {_resumes} resumed from a checkpoint, {_runs} runs compared, {_faults.Count} faults");
        return _faults.Count == 0;
    }

    private void RunOnce(KillMoment moment)
    {
        for (int attempt = 1; attempt <= MostTries; attempt++)
        {
            string folder = NewFolder();
            // A loaded machine makes the usual times a guess: where the run ended first, the next try kills earlier.
            ProcessOutcome outcome = Kill(folder, moment, moment.Share / attempt);
            if (!outcome.Killed) continue;
            End(folder);
            return;
        }
        Fault($"no run could be killed in '{moment.Stage}': it always ended first");
    }

    private void RunChain(Queue<KillMoment> left, IReadOnlyList<KillMoment> plan, int attempt)
    {
        string folder = NewFolder();
        while (left.TryPeek(out KillMoment? moment))
        {
            // Each resumed run has only the rest of the stage to do, and starts the engine again.
            double rest = moment.Stage == KillPlan.Training ? Math.Min(1, RestOfTraining / plan.Count(other => other.Stage == KillPlan.Training)) : 1;
            ProcessOutcome outcome = Kill(folder, moment, moment.Share * rest / attempt);
            if (!outcome.Killed) break;
            left.Dequeue();
            attempt = 1;
        }
        End(folder);
    }

    private ProcessOutcome Kill(string folder, KillMoment moment, double share)
    {
        TimeSpan delay = TimeSpan.FromSeconds(share * _usual.GetValueOrDefault(moment.Stage, 0.1));
        ProcessOutcome outcome = GlossaProcess.Run(Arguments(folder), moment, delay);
        Look(outcome);
        if (outcome.Killed)
        {
            _kills++;
            Say(Text($"kill {_kills,2}: aimed at {share:P0} of {moment.Stage}, hit {outcome.Place}{Checkpoint(folder)}"));
            Faults(RunAudit.AfterKill(folder));
        }
        else if (outcome.ExitCode != 0)
        {
            Fault($"{folder}: exit code {outcome.ExitCode}: {outcome.Error.Trim()}");
        }
        return outcome;
    }

    private void End(string folder)
    {
        ProcessOutcome outcome = GlossaProcess.Run(Arguments(folder));
        Look(outcome);
        _runs++;
        if (outcome.ExitCode != 0)
        {
            Fault($"{folder}: the resumed run ended with exit code {outcome.ExitCode}: {outcome.Error.Trim()}");
            return;
        }
        IReadOnlyList<string> differences = RunAudit.Differences(_expected, Results(folder));
        Faults(differences.Select(name => $"{folder}: {name} differs from the uninterrupted run's"));
        Faults(RunAudit.AfterEnd(folder));
        // Every stored byte is read again and compared with its hash.
        ProcessOutcome again = GlossaProcess.Run([.. Arguments(folder), "--verify"]);
        if (again.Lines.Any(line => line.EndsWith(": started", StringComparison.Ordinal))) Fault($"{folder}: a stored result was not whole and was made again");
        Say($"   run {_runs}: {(differences.Count == 0 ? $"{_expected.Count} results identical" : "DIFFERENT")}");
    }

    private void Look(ProcessOutcome outcome)
    {
        _resumes += outcome.Lines.Count(line => line.Contains("resuming after step", StringComparison.Ordinal));
        Faults(outcome.Lines.Where(line => line.Contains("damaged", StringComparison.Ordinal)).Select(line => "a half-written file was met: " + line));
        if (outcome.Killed && outcome.Error.Length > 0) Fault("a killed run wrote an error: " + outcome.Error.Trim());
    }

    private string[] Arguments(string folder) => ["run", config, "--out", folder, "--set", "engine.threads=2", "--set", "engine.checkpointSeconds=0.05"];

    private string NewFolder() => Path.Combine(work, $"killed-{Directory.GetDirectories(work).Length}");

    // The model, the weights after each phase, and the figures; times are no results.
    private static Dictionary<string, string> Results(string folder)
    {
        Dictionary<string, string> results = [];
        foreach (string part in ResultFolders)
            foreach ((string name, string hash) in RunAudit.Hashes(Path.Combine(folder, part))) results[$"{part}/{name}"] = hash;
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "report.json")));
        foreach (string figures in ResultFigures) results["report.json " + figures] = report.RootElement.GetProperty(figures).GetRawText();
        return results;
    }

    private static string Checkpoint(string folder)
    {
        string scratch = Path.Combine(folder, ".scratch");
        string? last = Directory.Exists(scratch) ? Directory.EnumerateFiles(scratch, "step-*.safetensors", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).Max(StringComparer.Ordinal) : null;
        return last is null ? "" : $" (last checkpoint: step {long.Parse(last.AsSpan("step-".Length), CultureInfo.InvariantCulture)})";
    }

    private void Faults(IEnumerable<string> faults)
    {
        foreach (string fault in faults) Fault(fault);
    }

    private void Fault(string fault)
    {
        _faults.Add(fault);
        Say("   FAULT: " + fault);
    }

    private void Say(string line) => output.WriteLine(line);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
