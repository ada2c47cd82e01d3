namespace Glossa.Benchmarks;

/// <summary>Tables that benchmarks write into documents, between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- end --&gt;</c>.</summary>
internal static class DocumentTable
{
    public static void Replace(string path, string name, string table)
    {
        string text = File.ReadAllText(path), start = $"<!-- {name} -->\n";
        int from = text.IndexOf(start, StringComparison.Ordinal), to = from < 0 ? -1 : text.IndexOf("<!-- end -->", from, StringComparison.Ordinal);
        if (to < 0) throw new InputException($"there is no place for the table \"{name}\"", path, $"write {start.TrimEnd()} and <!-- end --> around it");
        AtomicFile.WriteText(path, text[..(from + start.Length)] + table + text[to..]);
    }
}
