using System.Text.Json;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Study.Plan;

namespace Glossa.Pipeline.Study.Results;

/// <summary>study.json on disk. Several processes may add cells: each change reads the file, changes it and replaces it under a lock.</summary>
/// <param name="path">The file.</param>
/// <param name="lockPath">The lock's file.</param>
internal sealed class ResultsFile(string path, string lockPath)
{
    /// <summary>Reads study.json.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or of another version.</exception>
    public static StudyResults Read(string path)
    {
        byte[] json;
        using (FileStream stream = IoFailure.OpenRead(path, "study"))
        {
            json = new byte[stream.Length];
            stream.ReadExactly(json);
        }
        try
        {
            StudyResults results = StudyJson.Read(json);
            if (results.Version != StudyResults.CurrentVersion)
                throw new InputException($"a study of version {results.Version}, expected {StudyResults.CurrentVersion}", path, "read it with the glossa that wrote it");
            if (ResultsChecks.FirstProblem(results) is { } problem) throw Damaged(problem, path, null);
            return results;
        }
        catch (JsonException e)
        {
            throw Damaged(e.LineNumber is long line ? FormattableString.Invariant($"not such JSON at line {line + 1}") : "not such JSON", path, e);
        }
    }

    /// <summary>The finished cells; none where there is no file yet.</summary>
    public IReadOnlyList<CellResult> Cells() => File.Exists(path) ? Read(path).Cells : [];

    /// <summary>The compressor's figures; null where there are none yet.</summary>
    public BaselineResult? Baseline() => File.Exists(path) ? Read(path).Baseline : null;

    /// <summary>Brings arms and report up to the plan, and each cell with them.</summary>
    public void Describe(StudyPlan plan, Func<CellResult, CellResult> cell, CancellationToken cancellation) =>
        Change(plan, results => results with { Cells = [.. results.Cells.Select(cell)] }, cancellation);

    /// <summary>Adds a cell, or puts it in place of an earlier result.</summary>
    public void Add(StudyPlan plan, CellResult cell) =>
        // A finished cell is worth the wait: being stopped meanwhile must not lose it.
        Change(plan, results => results with { Cells = [.. results.Cells.Where(other => other.Name != cell.Name), cell] }, CancellationToken.None);

    /// <summary>Adds the compressor's figures.</summary>
    public void Add(StudyPlan plan, BaselineResult baseline) => Change(plan, results => results with { Baseline = baseline }, CancellationToken.None);

    private void Change(StudyPlan plan, Func<StudyResults, StudyResults> change, CancellationToken cancellation)
    {
        using FileLock held = FileLock.Take(lockPath, cancellation);
        StudyResults results = File.Exists(path) ? Read(path) : new StudyResults(StudyResults.CurrentVersion, plan.Name, [], new StudyReportPlan(), []);
        if (results.Study != plan.Name)
            throw new InputException($"the file holds the study '{results.Study}', not '{plan.Name}'", path, "give each study its own results");
        string text = StudyJson.Write(change(results with { Arms = plan.Arms, Report = plan.Report }));
        if (!File.Exists(path) || File.ReadAllText(path) != text) AtomicFile.WriteText(path, text);
    }

    private static InputException Damaged(string what, string path, Exception? inner) =>
        new($"not a whole study: {what}", path, "take the last whole one from version control, or delete it and run the study again", inner);
}
