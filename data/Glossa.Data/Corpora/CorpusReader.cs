using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>Streams the texts of a CSV file, plain or gzip.</summary>
public static class CorpusReader
{
    /// <summary>The longest row, in bytes, unless something else is said: a bound on what an unclosed quote swallows.</summary>
    public const int DefaultMaxRowBytes = 1 << 20;

    /// <summary>
    /// Reads a file row by row, in constant memory. Texts come trimmed of white space and in Unicode normalization form C;
    /// line breaks inside them stay. Rows with an empty text are passed over. NUL characters are refused: they are the mark
    /// of binary or UTF-16 data, not of text. Where the file has no split column, every text is <see cref="CorpusSplit.Train"/>.
    /// </summary>
    /// <param name="path">A CSV file in UTF-8, with or without byte order mark; gzip is told by its first bytes, not its name.</param>
    /// <param name="columns">Which column holds what; null for the usual names.</param>
    /// <param name="maxRowBytes">The longest row allowed, in bytes.</param>
    /// <exception cref="InputException">The file or a row is not usable; the message names the row, line, column and fix.</exception>
    public static IEnumerable<CorpusText> Read(string path, CorpusColumns? columns = null, int maxRowBytes = DefaultMaxRowBytes)
    {
        using CorpusRowReader rows = new(path, columns ?? new CorpusColumns(), maxRowBytes, _ => CorpusSplit.Train);
        while (rows.Read())
            yield return new CorpusText(rows.Language, rows.Split, Encoding.UTF8.GetString(rows.Text), rows.Label, rows.Pair);
    }

    /// <summary>
    /// Reads a whole file into memory as fine-tuning wants it: split by a hash of the texts where the file has no split column, rows that say the same
    /// twice dropped, and no text of a language's test split in its valid or train split, nor one of valid in train.
    /// </summary>
    /// <param name="path">A CSV file, as for <see cref="Read"/>.</param>
    /// <param name="options">Columns, fractions and seed of the split; budgets are not looked at.</param>
    /// <exception cref="InputException">The file or a row is not usable.</exception>
    public static IReadOnlyList<CorpusText> Load(string path, IngestOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<CorpusText> texts = [];
        using (CorpusRowReader rows = new(path, options.Columns, options.MaxRowBytes, text => CorpusIngest.SplitOf(text, options)))
        {
            while (rows.Read())
                texts.Add(new CorpusText(rows.Language, rows.Split, Encoding.UTF8.GetString(rows.Text), rows.Label, rows.Pair));
        }
        Dictionary<(string Language, string Text), CorpusSplit> splits = [];
        foreach (CorpusText text in texts)
        {
            ref CorpusSplit split = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(splits, (text.Language, text.Text), out bool known);
            if (!known || text.Split > split) split = text.Split;
        }
        HashSet<CorpusText> seen = [];
        return [.. texts.Where(text => splits[(text.Language, text.Text)] == text.Split && seen.Add(text))];
    }
}
