using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Study.Document;

/// <summary>Writes what a study found into a document: a section between marks, and its pictures beside the document.</summary>
public static class StudyReport
{
    /// <summary>Writes the section; one of the same study that is there already is replaced, the rest of the document is left as it is.</summary>
    /// <param name="resultsPath">study.json.</param>
    /// <param name="documentPath">The Markdown document; made where there is none.</param>
    /// <returns>The files written.</returns>
    /// <exception cref="InputException">The results are missing or damaged or have no finished cell, or the document has half of the marks.</exception>
    public static IReadOnlyList<string> Write(string resultsPath, string documentPath)
    {
        StudyFigures study = new(ResultsFile.Read(resultsPath));
        if (study.Arms.Count == 0) throw new InputException("no cell of the study is finished", resultsPath, "run it first with `glossa study`");
        string name = study.Results.Study, document = Path.GetFullPath(documentPath);
        string below = $"{Path.GetFileNameWithoutExtension(document)}/{name}";
        string folder = Path.Combine(Path.GetDirectoryName(document)!, below);
        ReportSection section = ReportSection.Make(study, below);
        string text = MarkedSection.Put(File.Exists(document) ? File.ReadAllText(document) : "# Studies\n", name, section.Text, documentPath);
        foreach (ReportPicture picture in section.Pictures) AtomicFile.WriteText(Path.Combine(folder, picture.Name), picture.Svg);
        // Pictures of an earlier report that this one has no longer.
        if (Directory.Exists(folder))
            foreach (string file in Directory.EnumerateFiles(folder, "*.svg").Where(file => section.Pictures.All(picture => picture.Name != Path.GetFileName(file)))) File.Delete(file);
        AtomicFile.WriteText(document, text);
        return [document, .. section.Pictures.Select(picture => Path.Combine(folder, picture.Name))];
    }
}
