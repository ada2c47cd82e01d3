using System.Globalization;

namespace Glossa.Pipeline.Report.Events;

/// <summary>One scalar that TensorBoard shows.</summary>
/// <param name="Step">Optimizer step.</param>
/// <param name="Tag">Name of the curve, groups separated by <c>/</c>.</param>
/// <param name="Value">The value; TensorBoard keeps it in single precision.</param>
public readonly record struct EventScalar(long Step, string Tag, double Value);

/// <summary>
/// Writes TensorBoard event files. A file is written as a whole every time (a reader sees the old or the new one), and
/// of two files from one run the longer begins with the shorter, so that a TensorBoard that follows it finds what is new.
/// </summary>
public static class EventFile
{
    /// <summary>
    /// Writes the learning curve, and <paramref name="extra"/> scalars after it, into <paramref name="folder"/>.
    /// </summary>
    /// <param name="folder">Folder of the event file.</param>
    /// <param name="startSeconds">When training began, in seconds since 1970; names the file. Keep it over the checkpoints of a run.</param>
    /// <param name="curve">The course of training so far.</param>
    /// <param name="extra">Further scalars, such as bits per byte at the end of a phase; their time is the last point's.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static string Write(
        string folder, double startSeconds, IReadOnlyList<LearningCurvePoint> curve, IReadOnlyList<EventScalar>? extra = null)
    {
        string path = Path.Combine(folder, FileName(startSeconds));
        AtomicFile.Write(path, stream => WriteTo(stream, startSeconds, curve, extra ?? []));
        return path;
    }

    /// <summary>Name of the file of a run that began at <paramref name="startSeconds"/>.</summary>
    public static string FileName(double startSeconds) => string.Create(
        CultureInfo.InvariantCulture, $"events.out.tfevents.{(long)Math.Floor(startSeconds):D10}.glossa");

    private static void WriteTo(
        Stream stream, double startSeconds, IReadOnlyList<LearningCurvePoint> curve, IReadOnlyList<EventScalar> extra)
    {
        EventRecordWriter records = new(stream);
        records.WriteVersion(startSeconds);
        double seconds = startSeconds;
        long tokens = 0;
        (string Tag, double Value)[] scalars = new (string, double)[5];
        foreach (LearningCurvePoint point in curve)
        {
            // The curve tells its own time: tokens since the last point over their speed.
            if (point.TokensPerSecond > 0) seconds += (point.Tokens - tokens) / point.TokensPerSecond;
            tokens = point.Tokens;
            scalars[0] = ("train/loss", point.Loss);
            scalars[1] = ("train/learning_rate_factor", point.LearningRateFactor);
            scalars[2] = ("train/gradient_norm", point.GradientNorm);
            scalars[3] = ("train/tokens_per_second", point.TokensPerSecond);
            scalars[4] = ("train/phase", point.Phase);
            records.WriteScalars(seconds, point.Step, scalars);
        }
        foreach (EventScalar scalar in extra) records.WriteScalars(seconds, scalar.Step, [(scalar.Tag, scalar.Value)]);
    }
}
