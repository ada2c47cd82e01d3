using System.IO.Hashing;
using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>
/// An ingested corpus: one file with its texts grouped by language and split, memory-mapped, so that any number of
/// readers share it and nothing is loaded that is not looked at. Safe to use from several threads.
/// </summary>
public sealed unsafe class TextStore : IDisposable
{
    private readonly MappedFile _file;
    private readonly Dictionary<string, TextStoreLanguage> _byTag;
    private readonly TextStoreHeader _header;

    private TextStore(string path, FileStream stream)
    {
        Path = path;
        byte[] head = new byte[TextStoreFormat.HeaderBytes];
        int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        _header = TextStoreFormat.ReadHeader(head.AsSpan(0, read), stream.Length, path);
        byte[] table = new byte[_header.FileLength - _header.TableOffset];
        stream.Position = _header.TableOffset;
        stream.ReadExactly(table);
        if (XxHash3.HashToUInt64(table) != _header.TableHash)
            throw TextStoreFormat.Damaged(path, "its table does not match its checksum");
        (TextStoreLanguage[] languages, string[] labels) = TextStoreFormat.ReadTable(table);
        _byTag = languages.ToDictionary(l => l.Tag, StringComparer.Ordinal);
        Languages = [.. languages.Select(l => l.Tag)];
        Labels = labels;
        _file = new MappedFile(stream);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Language tags in ordinal order.</summary>
    public IReadOnlyList<string> Languages { get; }

    /// <summary>Class labels in ordinal order; empty where the corpus has none.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Opens a store; its length, header and table are checked, its texts by <see cref="Verify"/>.</summary>
    /// <exception cref="InputException">The file is missing, is no text store, is cut short or damaged, or is of another version.</exception>
    public static TextStore Open(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "text store");
        return new TextStore(path, stream);
    }

    /// <summary>The number of texts.</summary>
    /// <exception cref="InputException">The language is not in the corpus.</exception>
    public int Count(string language, CorpusSplit split) => Section(language, split).Count;

    /// <summary>UTF-8 bytes of the texts.</summary>
    /// <exception cref="InputException">The language is not in the corpus.</exception>
    public long Bytes(string language, CorpusSplit split) => Section(language, split).TextBytes;

    /// <summary>The texts as strings, in the order of the corpus file.</summary>
    /// <exception cref="InputException">The language is not in the corpus.</exception>
    public IEnumerable<string> Texts(string language, CorpusSplit split)
    {
        Utf8TextEnumerator texts = Utf8(language, split);
        return Enumerate();

        IEnumerable<string> Enumerate()
        {
            // A copy per enumeration: the outer one stays at the start.
            Utf8TextEnumerator at = texts;
            while (at.MoveNext()) yield return at.CurrentString;
        }
    }

    /// <summary>The texts with their labels, in the order of the corpus file.</summary>
    /// <exception cref="InputException">The language is not in the corpus.</exception>
    public IEnumerable<CorpusText> Records(string language, CorpusSplit split)
    {
        Utf8TextEnumerator texts = Utf8(language, split);
        return Enumerate();

        IEnumerable<CorpusText> Enumerate()
        {
            Utf8TextEnumerator at = texts;
            while (at.MoveNext())
                yield return new CorpusText(language, split, at.CurrentString, at.CurrentLabel < 0 ? null : Labels[at.CurrentLabel]);
        }
    }

    /// <summary>The texts as UTF-8 bytes in the mapped file, without copies: <c>foreach (ReadOnlySpan&lt;byte&gt; text in ...)</c>.</summary>
    /// <remarks>The spans are valid until the store is disposed.</remarks>
    /// <exception cref="InputException">The language is not in the corpus.</exception>
    public Utf8TextEnumerator Utf8(string language, CorpusSplit split)
    {
        TextStoreSection section = Section(language, split);
        return new Utf8TextEnumerator(this, section.Offset, section.Count);
    }

    /// <summary>Reads all of the file and checks the texts against their checksum.</summary>
    /// <exception cref="InputException">The texts are not those that were written.</exception>
    public void Verify()
    {
        XxHash3 hash = new();
        for (long at = TextStoreFormat.HeaderBytes; at < _header.TableOffset;)
        {
            int length = (int)Math.Min(1 << 20, _header.TableOffset - at);
            hash.Append(Slice(at, length));
            at += length;
        }
        if (hash.GetCurrentHashAsUInt64() != _header.DataHash)
            throw TextStoreFormat.Damaged(Path, "its texts do not match their checksum");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Whether each text is preceded by the number of its label.</summary>
    internal bool HasLabels => _header.HasLabels;

    /// <summary>Bytes of the data part of the file.</summary>
    internal ReadOnlySpan<byte> Slice(long offset, int length)
    {
        byte* start = _file.Start;
        if (length < 0 || offset < TextStoreFormat.HeaderBytes || offset + length > _header.TableOffset)
            throw TextStoreFormat.Damaged(Path, $"a text at byte {offset:N0} lies outside the file");
        return new ReadOnlySpan<byte>(start + offset, length);
    }

    private TextStoreSection Section(string language, CorpusSplit split) => _byTag.TryGetValue(language, out TextStoreLanguage? found)
        ? found.Sections[(int)split]
        : throw new InputException($"the language '{language}' is not in the corpus", Path, NearestName.Advice(language, Languages));
}
