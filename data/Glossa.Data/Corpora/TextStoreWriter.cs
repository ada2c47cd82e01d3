using System.Buffers.Binary;
using System.IO.Hashing;

namespace Glossa.Data.Corpora;

/// <summary>Writes a text store from front to back: languages in ordinal order, splits in theirs.</summary>
internal sealed class TextStoreWriter
{
    private readonly Stream _stream;
    private readonly bool _hasLabels;
    private readonly XxHash3 _hash = new();
    private readonly List<TextStoreLanguage> _languages = [];
    private long _position = TextStoreFormat.HeaderBytes;
    private int _section;
    private int _count;
    private long _textBytes;
    private long _sectionStart;

    /// <summary>Starts a store at the beginning of an empty, seekable stream.</summary>
    public TextStoreWriter(Stream stream, bool hasLabels)
    {
        _stream = stream;
        _hasLabels = hasLabels;
        stream.Write(new byte[TextStoreFormat.HeaderBytes]);
    }

    /// <summary>Starts the next language.</summary>
    public void StartLanguage(string tag)
    {
        if (_languages.Count > 0 && string.CompareOrdinal(_languages[^1].Tag, tag) >= 0)
            throw new ArgumentException($"the language {tag} comes after {_languages[^1].Tag}", nameof(tag));
        _languages.Add(new TextStoreLanguage(tag));
    }

    /// <summary>Starts a split of the current language.</summary>
    public void StartSplit(CorpusSplit split) =>
        (_section, _count, _textBytes, _sectionStart) = ((int)split, 0, 0, _position);

    /// <summary>Adds a text to the current split.</summary>
    /// <param name="text">The text in UTF-8.</param>
    /// <param name="label">The number of its label, or -1.</param>
    public void Add(ReadOnlySpan<byte> text, int label)
    {
        Span<byte> head = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, text.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], label + 1);
        Write(_hasLabels ? head : head[..4]);
        Write(text);
        _count++;
        _textBytes += text.Length;
        _languages[^1].Sections[_section] = new TextStoreSection(_count, _textBytes, _sectionStart, _position - _sectionStart);
    }

    /// <summary>Writes the table and, last, the header.</summary>
    public void Finish(IReadOnlyList<string> labels)
    {
        byte[] table = TextStoreFormat.WriteTable(_languages, labels);
        _stream.Write(table);
        Span<byte> header = stackalloc byte[TextStoreFormat.HeaderBytes];
        TextStoreFormat.WriteHeader(header, new TextStoreHeader(
            _hasLabels, _position + table.Length, _position, _hash.GetCurrentHashAsUInt64(), XxHash3.HashToUInt64(table)));
        _stream.Position = 0;
        _stream.Write(header);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.Append(bytes);
        _position += bytes.Length;
    }
}
