namespace Glossa.Pipeline.Report.Drawing;

/// <summary>The style class that gives a phase its colour.</summary>
internal static class PhaseColour
{
    /// <summary>The class of a phase, counted from 1; there are four colours.</summary>
    public static string Of(int phase) => "p" + (((phase - 1) % 4) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
