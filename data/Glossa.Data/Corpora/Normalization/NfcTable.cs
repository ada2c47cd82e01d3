using System.Collections.Frozen;
using System.Globalization;

namespace Glossa.Data.Corpora.Normalization;

/// <summary>The character data behind <see cref="Nfc"/>: combining classes, decompositions and compositions of Unicode 17.</summary>
internal sealed class NfcTable
{
    /// <summary>Set in a property where the character may change, or may join the one before it.</summary>
    public const ushort Unsettled = 0x100;

    private const int PageBits = 8;
    private const int LimitCodePoint = 0x30000;

    private readonly byte[] _pageOf = new byte[LimitCodePoint >> PageBits];
    private readonly List<ushort[]> _pages = [new ushort[1 << PageBits]];
    private readonly FrozenDictionary<int, int[]> _decompositions;
    private readonly FrozenDictionary<long, int> _compositions;

    private NfcTable(TextReader source)
    {
        Dictionary<int, int[]> mappings = [];
        Dictionary<long, int> compositions = [];
        while (source.ReadLine() is string line)
        {
            if (line.StartsWith('#')) continue;
            string[] parts = line.Split(' ');
            if (parts[0] == "class")
            {
                AddClass(byte.Parse(parts[1], CultureInfo.InvariantCulture), parts.AsSpan(2));
                continue;
            }
            int character = Hexadecimal(parts[1]);
            mappings.Add(character, [.. parts[2..].Select(p => Hexadecimal(p))]);
            if (parts[0] == "compose")
                compositions.Add(Pair(Hexadecimal(parts[2]), Hexadecimal(parts[3])), character);
            else
                Mark(character, Unsettled);
        }
        _decompositions = mappings.Keys.ToFrozenDictionary(c => c, c => Expand(c, mappings).ToArray());
        _compositions = compositions.ToFrozenDictionary();
        foreach (long pair in compositions.Keys) Mark((int)(pair & 0xFFFFFFFF), Unsettled);
        for (int jamo = Hangul.VowelBase; jamo < Hangul.VowelBase + Hangul.VowelCount; jamo++) Mark(jamo, Unsettled);
        for (int jamo = Hangul.TrailBase + 1; jamo < Hangul.TrailBase + Hangul.TrailCount; jamo++) Mark(jamo, Unsettled);
        // A composite that begins with a character that can join the one before it can be torn apart by that one.
        foreach (int composite in compositions.Values)
            if ((Property(_decompositions[composite][0]) & Unsettled) != 0) Mark(composite, Unsettled);
    }

    /// <summary>The one table of the process.</summary>
    public static NfcTable Instance { get; } = Load();

    /// <summary>Combining class in the low byte, and <see cref="Unsettled"/>.</summary>
    public ushort Property(int codePoint) => codePoint >= LimitCodePoint
        ? (ushort)0
        : _pages[_pageOf[codePoint >> PageBits]][codePoint & ((1 << PageBits) - 1)];

    /// <summary>The full canonical decomposition, or null where the character has none (Hangul is not in here).</summary>
    public int[]? Decomposition(int codePoint) => _decompositions.GetValueOrDefault(codePoint);

    /// <summary>The character that the pair composes to, or -1 (Hangul is not in here).</summary>
    public int Composition(int first, int second) => _compositions.GetValueOrDefault(Pair(first, second), -1);

    private static NfcTable Load()
    {
        using Stream stream = typeof(NfcTable).Assembly.GetManifestResourceStream("Glossa.Data.nfc.txt")!;
        using StreamReader reader = new(stream);
        return new NfcTable(reader);
    }

    private static IEnumerable<int> Expand(int character, Dictionary<int, int[]> mappings) =>
        mappings.TryGetValue(character, out int[]? parts) ? parts.SelectMany(p => Expand(p, mappings)) : [character];

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private static int Hexadecimal(ReadOnlySpan<char> text) =>
        int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void AddClass(byte combiningClass, ReadOnlySpan<string> ranges)
    {
        foreach (string range in ranges)
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            int first = Hexadecimal(dash < 0 ? range : range.AsSpan(0, dash));
            int last = dash < 0 ? first : Hexadecimal(range.AsSpan(dash + 1));
            for (int c = first; c <= last; c++) Mark(c, combiningClass);
        }
    }

    private void Mark(int codePoint, ushort property)
    {
        ref byte page = ref _pageOf[codePoint >> PageBits];
        if (page == 0)
        {
            page = checked((byte)_pages.Count);
            _pages.Add(new ushort[1 << PageBits]);
        }
        _pages[page][codePoint & ((1 << PageBits) - 1)] |= property;
    }
}

/// <summary>The arithmetic of Hangul syllables (The Unicode Standard, section 3.12).</summary>
internal static class Hangul
{
    public const int SyllableBase = 0xAC00;
    public const int LeadBase = 0x1100;
    public const int VowelBase = 0x1161;
    public const int TrailBase = 0x11A7;
    public const int LeadCount = 19;
    public const int VowelCount = 21;
    public const int TrailCount = 28;
    public const int SyllableCount = LeadCount * VowelCount * TrailCount;

    /// <summary>The syllable that the pair composes to, or -1.</summary>
    public static int Compose(int first, int second)
    {
        int lead = first - LeadBase, vowel = second - VowelBase;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
            return SyllableBase + ((lead * VowelCount) + vowel) * TrailCount;
        int syllable = first - SyllableBase, trail = second - TrailBase;
        if ((uint)syllable < SyllableCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
            return first + trail;
        return -1;
    }
}
