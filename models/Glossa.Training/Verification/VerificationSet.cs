namespace Glossa.Training.Verification;

/// <summary>Verifies many folders.</summary>
public static class VerificationSet
{
    /// <summary>Verifies every folder directly inside <paramref name="folder"/> that holds a model, in the order of their names. One that cannot be verified counts as failed, with the reason.</summary>
    /// <exception cref="InputException">The folder is missing, or holds no folder with a model.</exception>
    public static IReadOnlyList<VerificationReport> Verify(string folder, VerificationOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder)) throw new InputException("no such folder", folder, "check the path");
        string[] folders = [.. Directory.GetDirectories(folder).Where(inner => File.Exists(Path.Combine(inner, "model.onnx")) || File.Exists(Path.Combine(inner, "onnx", "model.onnx"))).Order(StringComparer.Ordinal)];
        if (folders.Length == 0) throw new InputException("no folder in it holds a model", folder, "leave --all out to verify this folder itself");
        List<VerificationReport> reports = [];
        foreach (string inner in folders)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                reports.Add(ModelVerification.Verify(inner, options));
            }
            catch (InputException e)
            {
                VerificationCheck failed = new(VerificationChecks.Outputs, double.PositiveInfinity, 0, "the graph cannot be trained");
                reports.Add(new VerificationReport(Path.GetFileName(inner), "", true, 0, [failed], [e.Message]));
            }
        }
        return reports;
    }
}
