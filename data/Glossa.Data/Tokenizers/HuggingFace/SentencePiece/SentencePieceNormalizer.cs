using Glossa.Data.Corpora.Normalization;
using System.Text;
using Glossa.Data.Tokenizers.HuggingFace.Normalizers;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>sentencepiece's own normalization: the longest entry of the character map at each place, then its rules for spaces.</summary>
internal sealed class SentencePieceNormalizer(SentencePieceProto proto) : INormalizer
{
    /// <summary>The sign of a space.</summary>
    public const char SpaceSign = '\u2581';

    private const int LongestKey = 64;

    private readonly CharacterMap? _map = proto.CharacterMap.Length == 0 ? null : new CharacterMap(proto.CharacterMap);

    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        AlignedText mapped = new();
        bool afterSpace = proto.RemovesSpaces;
        for (int i = start; i < end;)
        {
            string? replacement = Find(source.Characters[i..end], out int length);
            int before = mapped.Length;
            if (replacement is null) mapped.Append(source, i, i + length);
            else foreach (char c in replacement) mapped.Append(c, source.StartOf(i), source.EndOf(i + length - 1));
            afterSpace = DropLeadingSpaces(mapped, before, afterSpace);
            i += length;
        }
        int to = mapped.Length;
        while (proto.RemovesSpaces && to > 0 && mapped.Characters[to - 1] == ' ') to--;
        if (to == 0) return true;
        char space = proto.EscapesSpaces ? SpaceSign : ' ';
        if (proto.AddsPrefix && !proto.SpaceIsSuffix) target.Append(space, mapped.StartOf(0), mapped.StartOf(0));
        for (int i = 0; i < to; i++) target.Append(mapped.Characters[i] == ' ' ? space : mapped.Characters[i], mapped.StartOf(i), mapped.EndOf(i));
        if (proto.AddsPrefix && proto.SpaceIsSuffix) target.Append(space, mapped.EndOf(to - 1), mapped.EndOf(to - 1));
        return true;
    }

    /// <summary>Takes spaces off the start of what was just written where a space stands before it.</summary>
    /// <returns>Whether a space stands before what comes next.</returns>
    private bool DropLeadingSpaces(AlignedText mapped, int from, bool afterSpace)
    {
        if (!proto.RemovesSpaces || mapped.Length == from) return afterSpace;
        int spaces = 0;
        while (afterSpace && from + spaces < mapped.Length && mapped.Characters[from + spaces] == ' ') spaces++;
        mapped.Remove(from, spaces);
        return mapped.Length == from ? afterSpace : mapped.Characters[^1] == ' ';
    }

    private string? Find(ReadOnlySpan<char> text, out int length)
    {
        Utf16.CodePointAt(text, 0, out length);
        if (_map is null) return null;
        ReadOnlySpan<char> key = text[..Math.Min(text.Length, LongestKey)];
        // Half a pair at the cut would be replaced and match nothing, which is right.
        Span<byte> bytes = stackalloc byte[LongestKey * 3];
        string? replacement = _map.FindLongest(bytes[..Encoding.UTF8.GetBytes(key, bytes)], out int used);
        if (replacement is null) return null;
        length = Encoding.UTF8.GetCharCount(bytes[..used]);
        return replacement;
    }
}
