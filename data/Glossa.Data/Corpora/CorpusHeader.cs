using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>The header of a corpus file and where in it the mapped columns stand (0-based; -1 where there is none).</summary>
internal sealed class CorpusHeader
{
    private const int MaxDomainsListed = 100;

    private readonly string _path;
    private readonly string? _trainDomain, _evaluationDomain;
    private readonly HashSet<string> _domains = new(StringComparer.OrdinalIgnoreCase);
    private byte[] _lastDomain = [];
    private (bool Train, bool Evaluation) _lastIsWanted;

    /// <summary>Maps the columns.</summary>
    /// <exception cref="InputException">A column is missing or stands twice, or there is no header.</exception>
    public CorpusHeader(string path, IReadOnlyList<string> names, CorpusColumns columns)
    {
        _path = path;
        Names = [.. names.Select(n => n.Trim())];
        if (Names.All(n => n.Length == 0))
            throw new InputException("the file is empty", path, "give it a header such as 'language,text' and rows");
        if (Names.Any(n => n.Contains('\uFFFD', StringComparison.Ordinal) || n.Contains('\0', StringComparison.Ordinal)))
            throw new InputException("the header is no valid UTF-8", $"{path}, header (line 1)", "save the file as UTF-8");
        Language = Optional(columns.Language, "language");
        Text = Required(columns.Text);
        Split = Optional(columns.Split, "split");
        Label = Optional(columns.Label, "label");
        Pair = string.IsNullOrEmpty(columns.Pair) ? -1 : Required(columns.Pair);
        if (columns.TrainDomain is null && columns.EvaluationDomain is null) return;
        _trainDomain = columns.TrainDomain?.Trim();
        _evaluationDomain = columns.EvaluationDomain?.Trim();
        Domain = Required(string.IsNullOrEmpty(columns.Domain) ? "domain" : columns.Domain);
    }

    /// <summary>The column names.</summary>
    public IReadOnlyList<string> Names { get; }

    public int Language { get; }

    public int Text { get; }

    public int Split { get; }

    public int Label { get; }

    public int Pair { get; }

    public int Domain { get; } = -1;

    /// <summary>Whether a row of this domain is to be read in training, and whether in evaluation.</summary>
    public (bool Train, bool Evaluation) IsWanted(ReadOnlySpan<byte> domain)
    {
        if (domain.SequenceEqual(_lastDomain) && _domains.Count > 0) return _lastIsWanted;
        string name = Encoding.UTF8.GetString(domain).Trim();
        _lastDomain = domain.ToArray();
        _lastIsWanted = (Is(_trainDomain), Is(_evaluationDomain));
        if (_domains.Count < MaxDomainsListed || _lastIsWanted != default) _domains.Add(name);
        return _lastIsWanted;

        bool Is(string? wanted) => wanted is null || string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The error of a file that has been read without a row of a wanted domain; null where each was found.</summary>
    public InputException? MissingDomain()
    {
        string? missing = Domain < 0 ? null : ((string?[])[_trainDomain, _evaluationDomain]).FirstOrDefault(wanted => wanted is not null && !_domains.Contains(wanted));
        return missing is null ? null : new InputException($"no row has the domain '{missing}'", $"{_path}, column '{Names[Domain]}'", NearestName.Advice(missing, _domains));
    }

    private int Optional(string? name, string usual) => name switch
    {
        null => Find(usual),
        "" => -1,
        _ => Required(name),
    };

    private int Required(string name)
    {
        int index = Find(name);
        return index >= 0 ? index : throw Missing(name);
    }

    private int Find(string name)
    {
        int found = -1;
        for (int i = 0; i < Names.Count; i++)
        {
            if (!string.Equals(Names[i], name.Trim(), StringComparison.OrdinalIgnoreCase)) continue;
            if (found >= 0)
                throw new InputException($"two columns are named '{Names[i]}'", $"{_path}, header (line 1)", "rename one of them");
            found = i;
        }
        return found;
    }

    private InputException Missing(string name)
    {
        string where = $"{_path}, header (line 1)";
        if (Names.Count == 1 && Names[0].AsSpan().IndexOfAny(';', '\t', '|') is int at and >= 0)
        {
            string separator = Names[0][at] == '\t' ? "tabs" : $"'{Names[0][at]}'";
            return new InputException($"there is no column '{name}': the fields are separated by {separator}", where,
                "separate them by commas");
        }
        return new InputException($"there is no column '{name}'", where,
            $"{NearestName.Advice(name, [.. Names])} (rename the column, or name it in corpus.columns)");
    }
}
