namespace Glossa.Pipeline.Report.Page;

/// <summary>A list of short facts: a name and a value each.</summary>
internal static class Facts
{
    /// <summary>Writes the facts that have a value; nothing where none has.</summary>
    public static void Write(Markup markup, params ReadOnlySpan<(string Name, string? Value)> facts)
    {
        bool open = false;
        foreach ((string name, string? value) in facts)
        {
            if (string.IsNullOrEmpty(value)) continue;
            if (!open) markup.Line($"<dl class=\"facts\">");
            open = true;
            markup.Line($"<div><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>");
        }
        if (open) markup.Line($"</dl>");
    }
}
