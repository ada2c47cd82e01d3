using System.Globalization;
using System.Text;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>
/// sentencepiece's character map as Hugging Face's library reads it: looked up grapheme by grapheme and then character by
/// character, the shortest entry first.
/// </summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private const int LongestGrapheme = 5;

    private readonly CharacterMap _map;
    private readonly bool[] _changesAscii = new bool[0x80];

    [ThreadStatic]
    private static List<FormedCharacter>? _written;

    /// <summary>Reads a map.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public PrecompiledNormalizer(ReadOnlySpan<byte> map)
    {
        _map = new CharacterMap(map);
        for (int c = 0; c < _changesAscii.Length; c++) _changesAscii[c] = _map.FindShortest([(byte)c]) is not null;
    }

    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        List<FormedCharacter> written = _written ??= [];
        written.Clear();
        bool changed = false;
        Span<char> one = stackalloc char[2];
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
        if (!Encoding.UTF8.TryGetBytes(text, key, out int length) || _map.FindShortest(key[..length]) is not string replacement) return false;
        int before = written.Count;
        foreach (Rune rune in replacement.EnumerateRunes()) written.Add(new FormedCharacter(rune.Value, 0));
        int growth = written.Count - before - CodePoints.Count(text);
        for (int i = written.Count - growth; growth > 0 && i < written.Count; i++) written[i] = written[i] with { Change = 1 };
        if (growth < 0 && written.Count > 0) written[^1] = written[^1] with { Change = written[^1].Change + growth };
        return true;
    }
}
