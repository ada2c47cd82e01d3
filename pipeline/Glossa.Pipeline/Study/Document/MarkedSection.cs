namespace Glossa.Pipeline.Study.Document;

/// <summary>A section of a document that a program writes between two comments.</summary>
internal static class MarkedSection
{
    /// <summary>The document with the section in place of the earlier one, or at its end.</summary>
    /// <exception cref="InputException">The document has one of the two marks only, or in the wrong order.</exception>
    public static string Put(string document, string name, string section, string path)
    {
        string start = $"<!-- study {name}: start; made by glossa study report -->", end = $"<!-- study {name}: end -->";
        int from = document.IndexOf(start, StringComparison.Ordinal), to = document.IndexOf(end, StringComparison.Ordinal);
        string block = $"{start}\n\n{section.Trim()}\n\n{end}";
        if (from < 0 && to < 0) return $"{document.TrimEnd()}\n\n{block}\n";
        if (from < 0 || to < from)
            throw new InputException($"the document has half of the marks around the study '{name}'", path, $"put both back, '{start}' first, or remove the other");
        return document[..from] + block + document[(to + end.Length)..];
    }
}
