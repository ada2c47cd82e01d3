using Glossa.Data.Corpora.Normalization;
using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.HuggingFace.Normalizers;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>
/// sentencepiece's own normalization: user-defined symbols as they are, elsewhere the longest entry of the character map at each
/// place, then its rules for spaces.
/// </summary>
internal sealed class SentencePieceNormalizer : INormalizer
{
    /// <summary>The sign of a space.</summary>
    public const char SpaceSign = '\u2581';

    [ThreadStatic]
    private static AlignedText? _mapped;

    private readonly SentencePieceProto _proto;
    private readonly CharacterMap? _map;
    private readonly TokenTrie? _symbols;
    private readonly CharacterUse[] _uses = new CharacterUse[char.MaxValue + 1];

    /// <summary>Prepares a model's rules.</summary>
    /// <param name="proto">The model.</param>
    /// <param name="symbols">Its user-defined symbols; null for none.</param>
    /// <exception cref="FormatException">The character map is damaged.</exception>
    public SentencePieceNormalizer(SentencePieceProto proto, TokenTrie? symbols)
    {
        (_proto, _symbols) = (proto, symbols);
        _map = proto.CharacterMap.Length == 0 ? null : new CharacterMap(proto.CharacterMap);
        for (int c = 0; c < _uses.Length; c++)
        {
            CharacterUse use = _map?.UseOf((char)c) ?? CharacterUse.None;
            _uses[c] = c == ' ' || symbols?.Child(TokenTrie.Root, (char)c) >= 0 ? CharacterUse.Any : use;
        }
    }

    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        AlignedText mapped = _mapped ??= new AlignedText();
        mapped.KeepsPlaces = source.KeepsPlaces;
        mapped.Clear();
        ReadOnlySpan<char> text = source.Characters[..end];
        bool afterSpace = _proto.RemovesSpaces;
        for (int i = start; i < end;)
        {
            int plain = PlainRun(text[i..]);
            if (plain > 0)
            {
                mapped.Append(source, i, i + plain);
                afterSpace = false;
                i += plain;
                continue;
            }
            string? replacement = Find(text[i..], out int length);
            int before = mapped.Length;
            if (replacement is null) mapped.Append(source, i, i + length);
            else foreach (char c in replacement) mapped.Append(c, source.StartOf(i), source.EndOf(i + length - 1));
            afterSpace = DropLeadingSpaces(mapped, before, afterSpace);
            i += length;
        }
        Write(mapped, target);
        return true;
    }

    private void Write(AlignedText mapped, AlignedText target)
    {
        int to = TrimmedLength(mapped, isEscaped: false), first = target.Length;
        if (to == 0) return;
        char space = _proto.EscapesSpaces ? SpaceSign : ' ';
        // Signs of a space that stood in the text are trimmed like spaces, and then the prefix goes as well.
        to = TrimmedLength(mapped, _proto.EscapesSpaces);
        if (_proto.AddsPrefix && !_proto.SpaceIsSuffix && (to > 0 || !_proto.RemovesSpaces)) target.Append(space, mapped.StartOf(0), mapped.StartOf(0));
        target.Append(mapped, 0, to);
        if (_proto.EscapesSpaces) target.Replace(first, ' ', space);
        if (_proto.AddsPrefix && _proto.SpaceIsSuffix) target.Append(space, mapped.EndOf(Math.Max(0, to - 1)), mapped.EndOf(Math.Max(0, to - 1)));
    }

    private int TrimmedLength(AlignedText mapped, bool isEscaped)
    {
        int to = mapped.Length;
        while (_proto.RemovesSpaces && to > 0 && (mapped.Characters[to - 1] == ' ' || (isEscaped && mapped.Characters[to - 1] == SpaceSign))) to--;
        return to;
    }

    /// <summary>How many units from the start the rules leave as they are, up to a space.</summary>
    private int PlainRun(ReadOnlySpan<char> text)
    {
        CharacterUse[] uses = _uses;
        int i = 0;
        for (; i < text.Length; i++)
        {
            CharacterUse use = uses[text[i]];
            if (use == CharacterUse.Any || (use == CharacterUse.BeforeOthers && i + 1 < text.Length && text[i + 1] >= 0x80)) break;
        }
        return i;
    }

    /// <summary>Takes spaces off the start of what was just written where a space stands before it.</summary>
    /// <returns>Whether a space stands before what comes next.</returns>
    private bool DropLeadingSpaces(AlignedText mapped, int from, bool afterSpace)
    {
        if (!_proto.RemovesSpaces || mapped.Length == from) return afterSpace;
        int spaces = 0;
        while (afterSpace && from + spaces < mapped.Length && mapped.Characters[from + spaces] == ' ') spaces++;
        mapped.Remove(from, spaces);
        return mapped.Length == from ? afterSpace : mapped.Characters[^1] == ' ';
    }

    private string? Find(ReadOnlySpan<char> text, out int length)
    {
        length = 0;
        if (_symbols is not null && _symbols.Longest(text, out length) >= 0) return null;
        if (_map?.FindLongest(text, out length) is { } replacement) return replacement;
        Utf16.CodePointAt(text, 0, out length);
        return null;
    }
}
