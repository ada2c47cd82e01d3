using System.Text;
using CsvHelper;

namespace Glossa.Data.Corpora;

/// <summary>Says what is wrong with a broken CSV record, and in which of its fields.</summary>
internal static class CsvFault
{
    /// <summary>The 0-based field of a record where its quoting breaks, or where the data ends.</summary>
    /// <param name="record">The record's bytes from its first on.</param>
    /// <param name="quoted">Whether that field opens with a quote.</param>
    public static int Locate(ReadOnlySpan<byte> record, out bool quoted)
    {
        int field = 0;
        int i = 0;
        while (true)
        {
            quoted = i < record.Length && record[i] == '"';
            if (quoted)
            {
                i++;
                while (true)
                {
                    int quote = record[i..].IndexOf((byte)'"');
                    if (quote < 0) return field;
                    i += quote + 1;
                    if (i < record.Length && record[i] == '"') i++;
                    else break;
                }
                if (i >= record.Length || record[i] != ',') return field;
            }
            else
            {
                int end = record[i..].IndexOfAny((byte)',', (byte)'"');
                if (end < 0 || record[i + end] == '"') return field;
                i += end;
            }
            i++;
            field++;
        }
    }

    /// <summary>The field that a byte of a record belongs to.</summary>
    public static int FieldAt(ReadOnlySpan<byte> record, int offset) => Locate(record[..offset], out _);

    /// <summary>The error of a record that breaks the quoting rules.</summary>
    public static InputException Malformed(in CsvMalformedRecord fault, CorpusPlace place)
    {
        int field = Locate(Encoding.UTF8.GetBytes(fault.RawRecord), out _);
        (string what, string fix) = fault.Reason switch
        {
            CsvMalformedReason.StrayQuote => ("a quote stands inside an unquoted field",
                "put the field in quotes and double each quote inside it (\"\")"),
            CsvMalformedReason.TextAfterClosingQuote => ("a quoted field goes on behind its closing quote",
                "double each quote inside the field (\"\"), or close the quote that opens it"),
            CsvMalformedReason.UnterminatedQuote => ("the quote that opens a field is never closed",
                "close it, or put the field in quotes and double each quote inside it (\"\")"),
            _ => ("the row is malformed", "check its quotes and commas"),
        };
        return new InputException(what, place.At(field), fix);
    }

    /// <summary>The error of a record longer than the bound, which as a rule is a quote that nothing closes.</summary>
    /// <param name="path">The file, read again up to the record.</param>
    /// <param name="start">Byte offset of the record in the decompressed file.</param>
    /// <param name="maxBytes">The bound.</param>
    /// <param name="place">Where the record starts.</param>
    public static InputException TooLong(string path, long start, int maxBytes, CorpusPlace place)
    {
        byte[] record = ReadAt(path, start, maxBytes);
        int field = Locate(record, out bool quoted);
        return quoted
            ? new InputException($"the quote that opens a field is not closed within {maxBytes:N0} bytes", place.At(field),
                "close it, or put the field in quotes and double each quote inside it (\"\")")
            : new InputException($"the row is longer than {maxBytes:N0} bytes", place.At(field), "split the text into several rows");
    }

    private static byte[] ReadAt(string path, long start, int count)
    {
        try
        {
            using Stream stream = CorpusFile.Open(path);
            byte[] buffer = new byte[count];
            for (long left = start; left > 0;)
            {
                int skipped = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
                if (skipped == 0) return [];
                left -= skipped;
            }
            int read = stream.ReadAtLeast(buffer, count, throwOnEndOfStream: false);
            return buffer[..read];
        }
        catch (Exception e) when (e is IOException or InvalidDataException or GlossaException)
        {
            // A pipe cannot be read twice; the message then goes without the right column.
            return [];
        }
    }
}

/// <summary>A row of a corpus file, for messages.</summary>
/// <param name="Path">The file.</param>
/// <param name="Row">1-based data row; 0 is the header.</param>
/// <param name="Line">1-based line where the row starts.</param>
/// <param name="Columns">The column names.</param>
internal readonly record struct CorpusPlace(string Path, long Row, long Line, IReadOnlyList<string> Columns)
{
    /// <summary>File, row and line.</summary>
    public override string ToString() => Row == 0 ? $"{Path}, header (line {Line})" : $"{Path}, row {Row} (line {Line})";

    /// <summary>File, row, line and column.</summary>
    public string At(int field) => field < Columns.Count ? $"{this}, column '{Columns[field]}'" : $"{this}, field {field + 1}";
}
