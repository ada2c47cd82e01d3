using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>A normalizer that looks at one character at a time.</summary>
internal abstract class CharacterNormalizer : INormalizer
{
    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        int i = start;
        while (i < end && !Changes(source.CodePointAt(i, out int length))) i += length;
        if (i >= end) return false;
        target.Append(source, start, i);
        while (i < end)
        {
            int codePoint = source.CodePointAt(i, out int length);
            if (Changes(codePoint)) Write(codePoint, source.StartOf(i), source.EndOf(i), target);
            else target.Append(source, i, i + length);
            i += length;
        }
        return true;
    }

    /// <summary>Whether a character becomes another, several or none.</summary>
    protected abstract bool Changes(int codePoint);

    /// <summary>Appends what a character that changes becomes.</summary>
    protected abstract void Write(int codePoint, int start, int end, AlignedText target);
}

/// <summary>Lower case, character by character (no final sigma; U+0130 becomes two characters).</summary>
internal sealed class LowercaseNormalizer : CharacterNormalizer
{
    private const int DottedCapitalI = 0x130;

    /// <inheritdoc/>
    protected override bool Changes(int codePoint) => codePoint < 0x80
        ? codePoint is >= 'A' and <= 'Z'
        : codePoint == DottedCapitalI || Rune.ToLowerInvariant(new Rune(codePoint)).Value != codePoint;

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
        target.Append(codePoint == DottedCapitalI ? 'i' : Rune.ToLowerInvariant(new Rune(codePoint)).Value, start, end);
        if (codePoint == DottedCapitalI) target.Append('\u0307', start, end);
    }
}

/// <summary>Drops combining marks; what is composed keeps its accents unless NFD came before.</summary>
internal sealed class StripAccentsNormalizer : CharacterNormalizer
{
    /// <inheritdoc/>
    protected override bool Changes(int codePoint) => CodePoints.IsMark(codePoint);

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
    }
}

/// <summary>Drops nonspacing marks, as BERT does.</summary>
internal sealed class NonspacingMarkNormalizer : CharacterNormalizer
{
    /// <inheritdoc/>
    protected override bool Changes(int codePoint) => CodePoints.IsNonspacingMark(codePoint);

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
    }
}

/// <summary>BERT's cleaning: control characters go, white space becomes a space.</summary>
internal sealed class BertCleaner : CharacterNormalizer
{
    /// <inheritdoc/>
    protected override bool Changes(int codePoint) =>
        codePoint is < ' ' or 0xFFFD || (codePoint >= 0x7F && (CodePoints.IsWhiteSpace(codePoint) || CodePoints.IsOther(codePoint)));

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
        if (codePoint is '\t' or '\n' or '\r' || (!CodePoints.IsOther(codePoint) && CodePoints.IsWhiteSpace(codePoint))) target.Append(' ', start, end);
    }
}

/// <summary>Puts spaces around CJK ideographs.</summary>
internal sealed class IdeographNormalizer : CharacterNormalizer
{
    /// <inheritdoc/>
    protected override bool Changes(int codePoint) => codePoint >= 0x3400 && codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
        target.Append(' ', start, end);
        target.Append(codePoint, start, end);
        target.Append(' ', start, end);
    }
}

/// <summary>sentencepiece's "nmt" cleaning: control characters go, odd spaces become a space.</summary>
internal sealed class NmtNormalizer : CharacterNormalizer
{
    /// <inheritdoc/>
    protected override bool Changes(int codePoint) => IsDropped(codePoint) || codePoint is '\t' or '\n' or '\f' or '\r' or 0x1680
        or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
        if (!IsDropped(codePoint)) target.Append(' ', start, end);
    }

    private static bool IsDropped(int codePoint) => codePoint is (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F;
}

/// <summary>Writes the UTF-8 bytes of every character in the visible alphabet of byte-level tokenizers.</summary>
internal sealed class ByteLevelNormalizer : CharacterNormalizer
{
    /// <summary>The one instance.</summary>
    public static ByteLevelNormalizer Instance { get; } = new();

    /// <inheritdoc/>
    protected override bool Changes(int codePoint) => codePoint is <= ' ' or >= 0x7F;

    /// <inheritdoc/>
    protected override void Write(int codePoint, int start, int end, AlignedText target)
    {
        Span<byte> bytes = stackalloc byte[4];
        int count = new Rune(codePoint).EncodeToUtf8(bytes);
        foreach (byte b in bytes[..count]) target.Append(ByteAlphabet.Character(b), start, end);
    }
}
