namespace Glossa.Pipeline.Report.Drawing;

/// <summary>A language in words, for labels and hover titles.</summary>
internal static class LanguageText
{
    /// <summary>All that is known of a language in one line.</summary>
    public static string Hover(LanguageResult language)
    {
        string text = $"{language.DisplayName} ({language.Language}), phase {Figures.Count(language.Phase)}: {Figures.Bits(language.BitsPerByte)} bits per byte";
        if (language.BitsPerByteAfterPhase1 is { } before) text += $", {Figures.Bits(before)} after phase 1";
        if (language.Lzma2 is { } lzma2) text += $", LZMA2 {Figures.Bits(lzma2)}";
        return text + $"; {Figures.Size(language.TrainBytes)} of training text";
    }

    /// <summary><paramref name="text"/> in at most <paramref name="length"/> characters, cut between whole characters.</summary>
    public static string Shorten(string text, int length)
    {
        System.Globalization.StringInfo characters = new(text);
        return characters.LengthInTextElements <= length ? text : characters.SubstringByTextElements(0, length - 1) + "…";
    }
}
