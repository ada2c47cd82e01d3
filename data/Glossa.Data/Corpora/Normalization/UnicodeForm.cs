using System.Collections;

namespace Glossa.Data.Corpora.Normalization;

/// <summary>One of the four normal forms of Unicode Standard Annex 15, of Unicode 17.</summary>
internal sealed class UnicodeForm
{
    private const int LimitCodePoint = 0x30000;

    private readonly Lazy<BitArray> _affected;
    private readonly bool _compatible;
    private readonly bool _composed;

    private UnicodeForm(string name, bool compatible, bool composed)
    {
        Name = name;
        _compatible = compatible;
        _composed = composed;
        _affected = new Lazy<BitArray>(FindAffected);
    }

    /// <summary>Canonical composition.</summary>
    public static UnicodeForm C { get; } = new("NFC", compatible: false, composed: true);

    /// <summary>Canonical decomposition.</summary>
    public static UnicodeForm D { get; } = new("NFD", compatible: false, composed: false);

    /// <summary>Compatibility composition.</summary>
    public static UnicodeForm KC { get; } = new("NFKC", compatible: true, composed: true);

    /// <summary>Compatibility decomposition.</summary>
    public static UnicodeForm KD { get; } = new("NFKD", compatible: true, composed: false);

    /// <summary>The form's usual name.</summary>
    public string Name { get; }

    /// <summary>
    /// True where the character may change or join the one before it. All others are boundaries: normalizing the text
    /// before one and the text from it on gives the same as normalizing the whole.
    /// </summary>
    public bool Affects(int codePoint) => codePoint < LimitCodePoint && _affected.Value[codePoint];

    /// <summary>Replaces a stretch of text that starts at a boundary and ends before one by its normal form.</summary>
    /// <param name="codePoints">The stretch.</param>
    /// <param name="result">What it becomes; emptied first.</param>
    public void Apply(List<int> codePoints, List<FormedCharacter> result)
    {
        result.Clear();
        foreach (int codePoint in codePoints) CanonicalSegment.Decompose(codePoint, _compatible, result);
        CanonicalSegment.Reorder(result);
        if (_composed) CanonicalSegment.Compose(result);
    }

    private BitArray FindAffected()
    {
        BitArray affected = new(LimitCodePoint);
        for (int c = 0; c < LimitCodePoint; c++)
        {
            ushort property = NfcTable.Instance.Property(c);
            affected[c] = _composed ? property != 0 : (byte)property != 0 || NfcTable.Instance.Decomposition(c) is not null;
        }
        for (int c = 0; c < Hangul.SyllableCount && !_composed; c++) affected[Hangul.SyllableBase + c] = true;
        if (_compatible)
            foreach (int c in CompatibilityTable.Instance.Characters) affected[c] = true;
        return affected;
    }
}
