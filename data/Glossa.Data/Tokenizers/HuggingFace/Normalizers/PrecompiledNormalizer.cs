using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>
/// sentencepiece's character map: a double-array tree (darts-clone) over UTF-8 and the texts that it leads to. Looked up
/// grapheme by grapheme and then character by character, the shortest entry first, as Hugging Face's library does.
/// </summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private const int LongestGrapheme = 5;

    private readonly uint[] _units;
    private readonly byte[] _texts;
    private readonly bool[] _changesAscii = new bool[0x80];

    [ThreadStatic]
    private static List<FormedCharacter>? _written;

    /// <summary>Reads a map.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public PrecompiledNormalizer(ReadOnlySpan<byte> map)
    {
        if (map.Length < 4) throw new FormatException("the character map is cut off");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size % 4 != 0 || size > map.Length - 4) throw new FormatException("the character map is cut off");
        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++) _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (i * 4))..]);
        _texts = map[(4 + (int)size)..].ToArray();
        for (int c = 0; c < _changesAscii.Length; c++) _changesAscii[c] = Find([(byte)c]) is not null;
    }

    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        List<FormedCharacter> written = _written ??= [];
        written.Clear();
        bool changed = false;
        for (int i = start; i < end;)
        {
            ReadOnlySpan<char> rest = source.Characters[i..end];
            if (rest[0] < 0x80 && !_changesAscii[rest[0]] && (rest.Length == 1 || (rest[1] < 0x80 && rest[1] != '\n')))
            {
                written.Add(new FormedCharacter(rest[0], 0));
                i++;
                continue;
            }
            ReadOnlySpan<char> grapheme = rest[..StringInfo.GetNextTextElementLength(rest)];
            i += grapheme.Length;
            if (TryReplace(grapheme, written))
            {
                changed = true;
                continue;
            }
            foreach (Rune rune in grapheme.EnumerateRunes())
            {
                Span<char> one = stackalloc char[2];
                if (TryReplace(one[..rune.EncodeToUtf16(one)], written)) changed = true;
                else written.Add(new FormedCharacter(rune.Value, 0));
            }
        }
        if (changed) new Realignment(source, start, start, end, target).Write(written);
        return changed;
    }

    /// <summary>Adds what a text becomes; what it grows by counts as added, what it shrinks by goes with the last character.</summary>
    private bool TryReplace(ReadOnlySpan<char> text, List<FormedCharacter> written)
    {
        Span<byte> key = stackalloc byte[LongestGrapheme];
        if (!Encoding.UTF8.TryGetBytes(text, key, out int length) || Find(key[..length]) is not string replacement) return false;
        int before = written.Count;
        foreach (Rune rune in replacement.EnumerateRunes()) written.Add(new FormedCharacter(rune.Value, 0));
        int growth = written.Count - before - CodePoints.Count(text);
        for (int i = written.Count - growth; growth > 0 && i < written.Count; i++) written[i] = written[i] with { Change = 1 };
        if (growth < 0 && written.Count > 0) written[^1] = written[^1] with { Change = written[^1].Change + growth };
        return true;
    }

    private string? Find(ReadOnlySpan<byte> key)
    {
        uint position = 0;
        if (!TryUnit(ref position, 0)) return null;
        foreach (byte b in key)
        {
            if (b == 0) return null;
            position ^= b;
            if (position >= _units.Length || (_units[position] & 0x800000FF) != b) return null;
            bool hasLeaf = ((_units[position] >> 8) & 1) == 1;
            if (!TryUnit(ref position, position)) return null;
            if (hasLeaf) return TextAt(_units[position] & 0x7FFFFFFF);
        }
        return null;
    }

    /// <summary>Moves from a node to the base of its children.</summary>
    private bool TryUnit(ref uint position, uint node)
    {
        if (node >= _units.Length) return false;
        uint unit = _units[node];
        position = node ^ ((unit >> 10) << (int)((unit & (1 << 9)) >> 6));
        return position < _units.Length;
    }

    private string? TextAt(uint offset)
    {
        if (offset >= _texts.Length) return null;
        ReadOnlySpan<byte> text = _texts.AsSpan((int)offset);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
