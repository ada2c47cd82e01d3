using System.Buffers.Binary;
using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>Walks over the texts of one language and split of a <see cref="TextStore"/>; copies walk on their own.</summary>
public struct Utf8TextEnumerator
{
    private readonly TextStore _store;
    private long _position;
    private int _left;
    private int _length;

    internal Utf8TextEnumerator(TextStore store, long position, int count) =>
        (_store, _position, _left, CurrentLabel) = (store, position, count, -1);

    /// <summary>The text in UTF-8.</summary>
    public readonly ReadOnlySpan<byte> Current => _store.Slice(_position, _length);

    /// <summary>The text as a new string.</summary>
    public readonly string CurrentString => Encoding.UTF8.GetString(Current);

    /// <summary>The index of its label in <see cref="TextStore.Labels"/>, or -1.</summary>
    public int CurrentLabel { get; private set; }

    /// <summary>This enumerator, for <c>foreach</c>.</summary>
    public readonly Utf8TextEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next text; false at the end.</summary>
    public bool MoveNext()
    {
        if (_left == 0) return false;
        _left--;
        _position += _length;
        int headBytes = _store.HasLabels ? 8 : 4;
        ReadOnlySpan<byte> head = _store.Slice(_position, headBytes);
        _length = BinaryPrimitives.ReadInt32LittleEndian(head);
        CurrentLabel = _store.HasLabels ? BinaryPrimitives.ReadInt32LittleEndian(head[4..]) - 1 : -1;
        _position += headBytes;
        return true;
    }
}
