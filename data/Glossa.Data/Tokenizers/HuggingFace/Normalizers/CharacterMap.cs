using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>Which entries of a <see cref="CharacterMap"/> a character starts.</summary>
internal enum CharacterUse : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>Some, all with a character after it that is not ASCII.</summary>
    BeforeOthers,

    /// <summary>Some.</summary>
    Any,
}

/// <summary>sentencepiece's character map: a double-array tree (darts-clone) over UTF-8 and the texts that it leads to.</summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _texts;
    private readonly ConcurrentDictionary<long, string?> _replacements = new();

    /// <summary>Reads a map.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public CharacterMap(ReadOnlySpan<byte> map)
    {
        if (map.Length < 4) throw new FormatException("the character map is cut off");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size % 4 != 0 || size > map.Length - 4) throw new FormatException("the character map is cut off");
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++) _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (i * 4))..]);
        _texts = map[(4 + (int)size)..].ToArray();
    }

    /// <summary>The text of the shortest entry that <paramref name="key"/> starts with, or null.</summary>
    public string? FindShortest(ReadOnlySpan<byte> key)
    {
        uint position = 0;
        if (!TryBase(ref position, 0)) return null;
        foreach (byte b in key)
        {
            if (!TryStep(ref position, b, out bool hasLeaf)) return null;
            if (hasLeaf) return _replacements.GetOrAdd(_units[position] & 0x7FFFFFFF, TextAt);
        }
        return null;
    }

    /// <summary>The text of the longest entry that <paramref name="text"/> starts with, and the entry's length in units; or null.</summary>
    public string? FindLongest(ReadOnlySpan<char> text, out int length)
    {
        length = 0;
        long found = -1;
        uint position = 0;
        if (!TryBase(ref position, 0)) return null;
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < text.Length;)
        {
            int codePoint = Utf16.CodePointAt(text, i, out int units);
            i += units;
            // A key that ends inside a character is none.
            bool hasLeaf = false;
            foreach (byte b in bytes[..new Rune(codePoint).EncodeToUtf8(bytes)])
                if (!TryStep(ref position, b, out hasLeaf)) return found < 0 ? null : _replacements.GetOrAdd(found, TextAt);
            if (hasLeaf) (found, length) = (_units[position] & 0x7FFFFFFF, i);
        }
        return found < 0 ? null : _replacements.GetOrAdd(found, TextAt);
    }

    /// <summary>What entries start with a character of the basic plane.</summary>
    public CharacterUse UseOf(char character)
    {
        if (char.IsSurrogate(character)) return CharacterUse.Any;
        uint position = 0;
        bool hasLeaf = false;
        if (!TryBase(ref position, 0)) return CharacterUse.None;
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte b in bytes[..new Rune(character).EncodeToUtf8(bytes)])
            if (!TryStep(ref position, b, out hasLeaf)) return CharacterUse.None;
        if (hasLeaf) return CharacterUse.Any;
        for (byte next = 1; next < 0x80; next++)
        {
            uint child = position;
            if (TryStep(ref child, next, out _)) return CharacterUse.Any;
        }
        return CharacterUse.BeforeOthers;
    }

    /// <summary>Moves from the base of a node's children to that of a child's; with a leaf, the position's unit is its value.</summary>
    private bool TryStep(ref uint position, byte b, out bool hasLeaf)
    {
        hasLeaf = false;
        position ^= b;
        if (b == 0 || position >= _units.Length || (_units[position] & 0x800000FF) != b) return false;
        hasLeaf = ((_units[position] >> 8) & 1) == 1;
        return TryBase(ref position, position);
    }

    /// <summary>Moves from a node to the base of its children.</summary>
    private bool TryBase(ref uint position, uint node)
    {
        if (node >= _units.Length) return false;
        uint unit = _units[node];
        position = node ^ ((unit >> 10) << (int)((unit & (1 << 9)) >> 6));
        return position < _units.Length;
    }

    private string? TextAt(long offset)
    {
        if (offset >= _texts.Length) return null;
        ReadOnlySpan<byte> text = _texts.AsSpan((int)offset);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
