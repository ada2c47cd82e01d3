using System.Globalization;
using System.Text;

namespace Glossa.Pipeline.Progress;

/// <summary>Progress in words.</summary>
public static class ProgressText
{
    /// <summary>One line: share, count, rate, time left, loss, detail; as far as they are known.</summary>
    public static string Of(ProgressEstimate estimate)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        ProgressUpdate latest = estimate.Latest;
        StringBuilder text = new();
        if (latest.Total > 0) text.Append(CultureInfo.InvariantCulture, $"{Math.Floor(100 * latest.Done / latest.Total):F0} %, {Count(latest.Done)} of {Count(latest.Total)} {latest.Unit}");
        else text.Append(CultureInfo.InvariantCulture, $"{Count(latest.Done)} {latest.Unit}");
        if (double.IsFinite(estimate.Rate)) text.Append(CultureInfo.InvariantCulture, $", {Count(estimate.Rate)}/s");
        if (estimate.Left is TimeSpan left) text.Append(", ").Append(Duration(left)).Append(" left");
        if (double.IsFinite(latest.Loss)) text.Append(CultureInfo.InvariantCulture, $", loss {latest.Loss:F3}");
        if (latest.Detail is string detail) text.Append(", ").Append(detail);
        return text.ToString();
    }

    /// <summary>A time for people: <c>0.4 s</c>, <c>12 s</c>, <c>3 min 5 s</c>, <c>2 h 10 min</c>.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 9.95 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F1} s"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalSeconds):F0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours):F0} h {time.Minutes} min"),
    };

    private static string Count(double number) => number.ToString(number is < 10 and > 0 && number != Math.Truncate(number) ? "F1" : "N0", CultureInfo.InvariantCulture);
}
