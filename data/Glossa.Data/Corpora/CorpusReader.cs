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
        using CorpusRowReader rows = new(path, columns ?? new CorpusColumns(), maxRowBytes);
        while (rows.Read())
            yield return new CorpusText(rows.Language, rows.Split ?? CorpusSplit.Train, Encoding.UTF8.GetString(rows.Text), rows.Label);
    }
}
