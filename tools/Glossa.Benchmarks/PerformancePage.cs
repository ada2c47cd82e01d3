namespace Glossa.Benchmarks;

/// <summary>The page of figures: each benchmark's findings stand between two comments that carry its name, and are replaced there.</summary>
internal static class PerformancePage
{
    /// <summary>Folder of the pictures, beside the page.</summary>
    public const string PictureFolder = "performance";

    public static void Write(string file, string benchmark, Findings findings)
    {
        string start = $"<!-- bench:{benchmark} -->", end = $"<!-- /bench:{benchmark} -->";
        string page = File.ReadAllText(file);
        int from = page.IndexOf(start, StringComparison.Ordinal), to = page.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from) return;
        string text = $"{page[..from]}{start}\n\n{findings.Markdown.ReplaceLineEndings("\n")}\n\n{page[to..]}";
        foreach ((string name, string svg) in findings.Pictures)
        {
            string folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, PictureFolder);
            Directory.CreateDirectory(folder);
            AtomicFile.WriteText(Path.Combine(folder, name), svg);
        }
        AtomicFile.WriteText(file, text);
    }
}
