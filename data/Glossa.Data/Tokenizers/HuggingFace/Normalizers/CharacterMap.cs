using System.Buffers.Binary;
using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>sentencepiece's character map: a double-array tree (darts-clone) over UTF-8 and the texts that it leads to.</summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _texts;

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
    public string? FindShortest(ReadOnlySpan<byte> key) => Find(key, longest: false, out _);

    /// <summary>The text of the longest entry that <paramref name="key"/> starts with, and the entry's length; or null.</summary>
    public string? FindLongest(ReadOnlySpan<byte> key, out int length) => Find(key, longest: true, out length);

    private string? Find(ReadOnlySpan<byte> key, bool longest, out int length)
    {
        length = 0;
        long found = -1;
        uint position = 0;
        if (!TryBase(ref position, 0)) return null;
        for (int i = 0; i < key.Length && key[i] != 0; i++)
        {
            position ^= key[i];
            if (position >= _units.Length || (_units[position] & 0x800000FF) != key[i]) break;
            bool hasLeaf = ((_units[position] >> 8) & 1) == 1;
            if (!TryBase(ref position, position)) break;
            if (!hasLeaf) continue;
            (found, length) = (_units[position] & 0x7FFFFFFF, i + 1);
            if (!longest) break;
        }
        return found < 0 ? null : TextAt(found);
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
