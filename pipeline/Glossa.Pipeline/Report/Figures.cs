using System.Globalization;

namespace Glossa.Pipeline.Report;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Figures
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>Bits per byte: three decimals.</summary>
    public static string Bits(double value) => value.ToString("0.000", Invariant);

    /// <summary>Bits per byte, or a dash where there is none.</summary>
    public static string Bits(double? value) => value is { } figure ? Bits(figure) : "–";

    /// <summary>A whole number with thousands separated.</summary>
    public static string Count(double value) => value.ToString("#,##0", Invariant);

    /// <summary>So many of something: 1 seed, 3 seeds.</summary>
    public static string Count(double value, string one) => $"{Count(value)} {one}{(value == 1 ? "" : "s")}";

    /// <summary>A whole number as it stands.</summary>
    public static string Plain(long value) => value.ToString(Invariant);

    /// <summary>A ratio: two decimals.</summary>
    public static string Ratio(double value) => value.ToString("0.00", Invariant);

    /// <summary>A share as a percentage.</summary>
    public static string Percent(double share) => share.ToString("0.0 %", Invariant);

    /// <summary>A relative change with its sign; what rounds to nothing has none.</summary>
    public static string Change(double share, string zeros = "0.0")
    {
        string text = Math.Abs(share * 100).ToString(zeros, Invariant);
        bool nothing = text.All(c => c is '0' or '.');
        return (nothing ? "" : share < 0 ? "−" : "+") + text + " %";
    }

    /// <summary>A difference in bits per byte with its sign.</summary>
    public static string Difference(double value)
    {
        string text = Bits(Math.Abs(value));
        return (text == "0.000" ? "" : value < 0 ? "−" : "+") + text;
    }

    /// <summary>A size in bytes, KB, MB or GB (powers of 1000).</summary>
    public static string Size(double bytes) => bytes switch
    {
        < 1000 => bytes.ToString("0", Invariant) + " B",
        < 999_950 => (bytes / 1e3).ToString("0.0", Invariant) + " KB",
        < 999_950_000 => (bytes / 1e6).ToString("0.00", Invariant) + " MB",
        _ => (bytes / 1e9).ToString("0.00", Invariant) + " GB",
    };

    /// <summary>A large count in short: 5.3 M.</summary>
    public static string Short(double value) => value switch
    {
        < 1000 => value.ToString("0.##", Invariant),
        < 999_950 => (value / 1e3).ToString("0.#", Invariant) + " k",
        < 999_950_000 => (value / 1e6).ToString("0.##", Invariant) + " M",
        _ => (value / 1e9).ToString("0.##", Invariant) + " G",
    };

    /// <summary>A time in the two units that matter.</summary>
    public static string Duration(double seconds)
    {
        if (seconds < 10) return seconds.ToString("0.00", Invariant) + " s";
        if (seconds < 59.5) return seconds.ToString("0.0", Invariant) + " s";
        long whole = (long)Math.Round(seconds);
        return whole < 3600
            ? string.Create(Invariant, $"{whole / 60} min {whole % 60} s")
            : string.Create(Invariant, $"{whole / 3600} h {whole % 3600 / 60} min");
    }

    /// <summary>Milliseconds with as many digits as mean something.</summary>
    public static string Milliseconds(double value) => value.ToString(value < 10 ? "0.00" : "0.0", Invariant) + " ms";
}
