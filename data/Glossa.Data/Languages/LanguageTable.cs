using System.Text.Unicode;
using CsvHelper;

namespace Glossa.Data.Languages;

/// <summary>
/// The language table: one row per language with its name, script, family, place and size. A corpus may hold languages
/// that the table lacks; <see cref="Resolve"/> then says what the tag itself tells.
/// </summary>
public sealed class LanguageTable
{
    private readonly Dictionary<string, LanguageInfo> _byTag;

    private LanguageTable(IReadOnlyList<LanguageInfo> languages)
    {
        Languages = languages;
        // BCP 47 tags differ in more than letter case.
        _byTag = languages.ToDictionary(language => language.Tag, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A table without rows.</summary>
    public static LanguageTable Empty { get; } = new([]);

    /// <summary>All rows, in the order of the file.</summary>
    public IReadOnlyList<LanguageInfo> Languages { get; }

    /// <summary>
    /// Reads a CSV file with the columns <c>language</c> (required), <c>name</c>, <c>iso639_3</c>, <c>script</c>,
    /// <c>family</c>, <c>genus_path</c> (codes joined by <c>&gt;</c>), <c>direction</c> (<c>ltr</c> or <c>rtl</c>),
    /// <c>latitude</c>, <c>longitude</c>, <c>speakers_millions</c>, <c>bytes</c>. Blank fields and absent columns are unknown.
    /// </summary>
    /// <exception cref="InputException">The file is missing, is no such table, or a field has no sensible value.</exception>
    public static LanguageTable Load(string path)
    {
        byte[] bytes = ReadBytes(path);
        if (!Utf8.IsValid(bytes)) throw new InputException("the text is not valid UTF-8", path, "save the table as UTF-8");
        CsvReaderOptions options = new()
        {
            Separator = ',',
            DetectSeparatorHint = false,
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Allow, // Read says more precisely what is wrong.
        };
        using CsvReader csv = CsvReader.Create(bytes, options);
        try
        {
            return Read(csv, path);
        }
        catch (CsvFormatException e)
        {
            throw new InputException("the quotes of a field do not match", $"{path}, line {e.LineNumber}",
                "put the whole field in quotes and double the quotes inside it", e);
        }
    }

    /// <summary>Makes a table from rows, for tests and for tables that come from elsewhere.</summary>
    /// <exception cref="ArgumentException">Two rows have the same tag.</exception>
    public static LanguageTable From(IEnumerable<LanguageInfo> languages) => new([.. languages]);

    /// <summary>The row of a tag (letter case ignored), or null.</summary>
    public LanguageInfo? Find(string tag) => _byTag.GetValueOrDefault(tag);

    /// <summary>
    /// What is known about a tag: its row, else the row of the longest shorter tag (<c>de-AT</c>: <c>de</c>; RFC 4647,
    /// "lookup") with the script that the tag names, else the tag alone. The result always carries <paramref name="tag"/>.
    /// </summary>
    public LanguageInfo Resolve(string tag)
    {
        if (Find(tag) is LanguageInfo exact) return exact;
        for (int end = tag.LastIndexOf('-'); end > 0; end = tag.LastIndexOf('-', end - 1))
        {
            if (Find(tag[..end]) is not LanguageInfo parent) continue;
            return parent with
            {
                Tag = tag,
                Script = LanguageInfo.ScriptSubtag(tag) ?? parent.Script,
                SpeakersMillions = null,
                Bytes = null,
            };
        }
        return LanguageInfo.Unknown(tag);
    }

    private static byte[] ReadBytes(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "language table");
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static LanguageTable Read(CsvReader csv, string path)
    {
        csv.ReadHeader();
        if (!csv.Headers.Contains("language"))
        {
            string found = csv.Headers.Count == 0 ? "no header at all" : string.Join(", ", csv.Headers);
            throw new InputException("the header has no column 'language'", path,
                $"name the column of language tags 'language' (found: {found})");
        }
        List<LanguageInfo> rows = [];
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        while (csv.Read())
        {
            if (csv.FieldCount != csv.Headers.Count)
            {
                throw new InputException($"the row has {csv.FieldCount} fields where the header has {csv.Headers.Count}",
                    LanguageRow.Where(csv, path), "put fields that contain commas in quotes; leave unknown ones blank");
            }
            LanguageInfo row = new LanguageRow(csv, path).ToInfo();
            if (!seen.Add(row.Tag))
                throw new InputException($"language '{row.Tag}' has two rows", LanguageRow.Where(csv, path), "keep one of them");
            rows.Add(row);
        }
        return new LanguageTable(rows);
    }
}
