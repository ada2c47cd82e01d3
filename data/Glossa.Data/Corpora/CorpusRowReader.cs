using System.Buffers;
using System.Text;
using System.Text.Unicode;
using CsvHelper;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Corpora;

/// <summary>
/// Walks over the rows of a corpus file without a string per text: each is checked, trimmed of white space and brought
/// to normalization form C. Memory stays the same however long the file.
/// </summary>
internal sealed class CorpusRowReader : IDisposable
{
    private readonly string _path;
    private readonly int _maxRowBytes;
    private readonly CsvReader _csv;
    private readonly Func<bool> _next;
    private readonly CorpusHeader _header;
    private readonly Func<ReadOnlySpan<byte>, CorpusSplit> _splitOf;
    private readonly StringCache _languages = new(StringComparer.OrdinalIgnoreCase);
    private readonly StringCache _labels = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _normalized = new();
    private CsvMalformedRecord? _malformed;
    private bool _textIsNormalized;
    private int _textStart, _textEnd;

    /// <summary>Opens the file and reads its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Which column holds what.</param>
    /// <param name="maxRowBytes">The longest row allowed, in bytes.</param>
    /// <param name="splitOf">The split of a text where the file has none.</param>
    /// <exception cref="InputException">The file or its header is not usable.</exception>
    public CorpusRowReader(string path, CorpusColumns columns, int maxRowBytes, Func<ReadOnlySpan<byte>, CorpusSplit> splitOf)
    {
        _path = path;
        _splitOf = splitOf;
        _maxRowBytes = maxRowBytes;
        CsvReader? csv = null;
        try
        {
            csv = CsvReader.Create(CorpusFile.Open(path), new CsvReaderOptions
            {
                Separator = ',',
                DetectSeparatorHint = false,
                Encoding = Encoding.UTF8,
                MaxRecordSize = maxRowBytes,
                TrackLineNumbers = true,
                MalformedData = CsvMalformedDataHandling.Recover,
                FieldCountMismatch = CsvFieldCountHandling.Allow,
                OnMalformedRecord = fault => _malformed ??= fault,
            });
            _csv = csv;
            _next = csv.Read;
            Advance(() =>
            {
                csv.ReadHeader();
                return true;
            });
            _header = new CorpusHeader(path, csv.Headers, columns);
        }
        catch (Exception e)
        {
            csv?.Dispose();
            if (e is InvalidDataException) throw CutShort(e);
            throw;
        }
    }

    /// <summary>Whether the file says to which split a row belongs.</summary>
    public bool HasSplit => _header.Split >= 0;

    /// <summary>Whether the file has labels.</summary>
    public bool HasLabel => _header.Label >= 0;

    /// <summary>Rows read so far, empty ones and those of other domains included.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows passed over because their text is empty or white space.</summary>
    public long EmptyTexts { get; private set; }

    /// <summary>Rows passed over because they are of another domain.</summary>
    public long OtherDomains { get; private set; }

    /// <summary>The row's language as its first row spells it.</summary>
    public string Language { get; private set; } = "";

    /// <summary>The row's split, by its column or, where the file has none, by its text.</summary>
    public CorpusSplit Split { get; private set; }

    /// <summary>The row's label; null where it is empty or the file has no such column.</summary>
    public string? Label { get; private set; }

    /// <summary>The row's text: valid UTF-8 in form C, valid until the next read.</summary>
    public ReadOnlySpan<byte> Text => _textIsNormalized
        ? _normalized.WrittenSpan
        : _csv.GetSpan(_header.Text)[_textStart.._textEnd];

    /// <summary>The row's second text, in form C; null where it is empty or none was asked for.</summary>
    public string? Pair { get; private set; }

    private CorpusPlace Place => new(_path, _csv.RowNumber, _csv.LineNumber, _header.Names);

    /// <summary>Goes to the next row that has text; false at the end.</summary>
    /// <exception cref="InputException">A row is broken; the message names the file, row, line and column.</exception>
    public bool Read()
    {
        while (Advance(_next))
        {
            Rows++;
            Check();
            ReadText();
            if (Text.IsEmpty)
            {
                EmptyTexts++;
                continue;
            }
            ReadLanguage();
            ReadSplit();
            if (!IsOfItsDomain())
            {
                OtherDomains++;
                continue;
            }
            ReadLabel();
            ReadPair();
            return true;
        }
        if (Rows == 0)
            throw new InputException("there is a header and no row under it", _path, "add rows, or check that the export finished");
        if (_header.MissingDomain() is { } missing) throw missing;
        return false;
    }

    private bool IsOfItsDomain()
    {
        if (_header.Domain < 0) return true;
        (bool train, bool evaluation) = _header.IsWanted(_csv.GetSpan(_header.Domain));
        return Split == CorpusSplit.Train ? train : evaluation;
    }

    /// <summary>The error of a label column that holds no classes.</summary>
    public InputException TooManyLabels(int most) => new($"there are more than {most:N0} different labels", Place.At(_header.Label),
        "name the column of the class labels in corpus.columns, or set it to \"\" where there are none");

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();

    private bool Advance(Func<bool> read)
    {
        try
        {
            bool found = read();
            if (_malformed is CsvMalformedRecord fault)
                throw CsvFault.Malformed(fault, new CorpusPlace(_path, fault.RecordNumber - 1, fault.LineNumber, NamesOrNone));
            return found;
        }
        catch (CsvFormatException e)
        {
            // Only the bound on a record's size throws here: the reader recovers from all else and reports it.
            CorpusPlace place = new(_path, e.RecordNumber - 1, e.LineNumber, NamesOrNone);
            throw CsvFault.TooLong(_path, e.ByteOffset, _maxRowBytes, place);
        }
        catch (InvalidDataException e)
        {
            throw CutShort(e);
        }
        catch (IOException e)
        {
            throw new InputException($"cannot read the corpus file ({e.Message.TrimEnd('.')})", _path, "check the disk", e);
        }
    }

    // The header is read before its names are known.
    private IReadOnlyList<string> NamesOrNone => _header?.Names ?? [];

    private InputException CutShort(Exception e) => new(
        "the gzip data is cut short or damaged", Rows == 0 ? _path : $"{_path}, after row {Rows}",
        "copy or compress the file again", e);

    private void Check()
    {
        ReadOnlySpan<byte> record = _csv.RawRecord;
        if (record.Length > _maxRowBytes) throw CsvFault.TooLong(_path, _csv.ByteOffset, _maxRowBytes, Place);
        if (!Utf8.IsValid(record)) throw InvalidUtf8(record);
        int zero = record.IndexOf((byte)0);
        if (zero >= 0)
        {
            throw new InputException($"there is a NUL character (byte offset {_csv.ByteOffset + zero})",
                Place.At(CsvFault.FieldAt(record, zero)), "save the file as UTF-8 text without NUL characters");
        }
        if (_csv.FieldCount != _header.Names.Count)
        {
            bool few = _csv.FieldCount < _header.Names.Count;
            string fields = _csv.FieldCount == 1 ? "1 field" : $"{_csv.FieldCount} fields";
            throw new InputException($"the row has {fields} where the header has {_header.Names.Count}", Place.ToString(),
                few ? "add what is missing, commas of empty fields included" : "put fields that contain commas in quotes");
        }
    }

    private InputException InvalidUtf8(ReadOnlySpan<byte> record)
    {
        char[] sink = new char[record.Length];
        Utf8.ToUtf16(record, sink, out int valid, out _, replaceInvalidSequences: false);
        return new InputException($"invalid UTF-8 (byte 0x{record[valid]:X2} at byte offset {_csv.ByteOffset + valid})",
            Place.At(CsvFault.FieldAt(record, valid)), "save the file as UTF-8");
    }

    private void ReadText()
    {
        ReadOnlySpan<byte> field = _csv.GetSpan(_header.Text);
        _textStart = 0;
        _textEnd = field.Length;
        while (_textStart < _textEnd)
        {
            Rune.DecodeFromUtf8(field[_textStart.._textEnd], out Rune rune, out int length);
            if (!Rune.IsWhiteSpace(rune)) break;
            _textStart += length;
        }
        while (_textStart < _textEnd)
        {
            Rune.DecodeLastFromUtf8(field[_textStart.._textEnd], out Rune rune, out int length);
            if (!Rune.IsWhiteSpace(rune)) break;
            _textEnd -= length;
        }
        _normalized.ResetWrittenCount();
        _textIsNormalized = Nfc.TryNormalizeUtf8(field[_textStart.._textEnd], _normalized);
    }

    private void ReadLanguage()
    {
        if (_header.Language < 0)
        {
            Language = LanguageTag.Undetermined;
            return;
        }
        ReadOnlySpan<byte> field = _csv.GetSpan(_header.Language).Trim(" \t"u8);
        if (field.IsEmpty)
            throw new InputException("the language is empty", Place.At(_header.Language), "give the row a BCP 47 tag such as 'en' or 'pt-BR'");
        Language = _languages.Get(field);
        if (!LanguageTag.IsWellFormed(Language))
        {
            string repaired = Language.Replace('_', '-');
            throw new InputException($"'{Shorten(Language)}' is no language tag", Place.At(_header.Language),
                LanguageTag.IsWellFormed(repaired) ? $"write '{repaired}'" : "write a BCP 47 tag such as 'en' or 'pt-BR'");
        }
    }

    private void ReadSplit()
    {
        if (!HasSplit)
        {
            Split = _splitOf(Text);
            return;
        }
        ReadOnlySpan<byte> field = _csv.GetSpan(_header.Split);
        if (!CorpusSplits.TryParse(field, out CorpusSplit split))
        {
            throw new InputException($"'{Shorten(Encoding.UTF8.GetString(field))}' is no split", Place.At(_header.Split),
                "write train, valid (validation, dev) or test, or set the split column to \"\" to split by hash");
        }
        Split = split;
    }

    private void ReadLabel()
    {
        if (!HasLabel) return;
        ReadOnlySpan<byte> field = _csv.GetSpan(_header.Label).Trim(" \t"u8);
        Label = field.IsEmpty ? null : _labels.Get(field);
    }

    private void ReadPair()
    {
        if (_header.Pair < 0) return;
        string pair = Encoding.UTF8.GetString(_csv.GetSpan(_header.Pair)).Trim();
        Pair = pair.Length == 0 ? null : Nfc.Normalize(pair);
    }

    private static string Shorten(string value) => value.Length <= 40 ? value : value[..40] + "...";
}
