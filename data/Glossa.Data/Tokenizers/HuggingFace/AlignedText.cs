using System.Text;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>
/// A text under way through the stages of a tokenizer: UTF-16 units, and for each the range of the original text that it
/// comes from (UTF-16 positions). Units that were added take the range of a neighbour.
/// </summary>
internal sealed class AlignedText
{
    private char[] _characters = new char[256];
    private int[] _starts = new int[256];
    private int[] _ends = new int[256];

    /// <summary>False where nobody asks where units come from: <see cref="StartOf"/> and <see cref="EndOf"/> are then meaningless.</summary>
    public bool KeepsPlaces { get; set; } = true;

    /// <summary>Number of units.</summary>
    public int Length { get; private set; }

    /// <summary>The units.</summary>
    public ReadOnlySpan<char> Characters => _characters.AsSpan(0, Length);

    /// <summary>Where in the original the unit's source starts.</summary>
    public int StartOf(int index) => KeepsPlaces ? _starts[index] : 0;

    /// <summary>Where in the original the unit's source ends.</summary>
    public int EndOf(int index) => KeepsPlaces ? _ends[index] : 0;

    /// <summary>The code point at a place, and its length in units.</summary>
    public int CodePointAt(int index, out int length) => Utf16.CodePointAt(Characters, index, out length);

    /// <summary>Takes an original text: each code point stands for itself. Lone surrogates become U+FFFD.</summary>
    public void Reset(ReadOnlySpan<char> original)
    {
        Length = 0;
        MakeRoom(original.Length);
        if (!KeepsPlaces)
        {
            TakeValid(original);
            return;
        }
        for (int i = 0; i < original.Length; i++)
        {
            char c = original[i];
            if (!char.IsSurrogate(c))
            {
                Append(c, i, i + 1);
            }
            else if (char.IsHighSurrogate(c) && i + 1 < original.Length && char.IsLowSurrogate(original[i + 1]))
            {
                Append(c, i, i + 2);
                Append(original[++i], i - 1, i + 1);
            }
            else
            {
                Append('\uFFFD', i, i + 1);
            }
        }
    }

    /// <summary>Empties the text.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends a unit.</summary>
    public void Append(char character, int start, int end)
    {
        if (Length == _characters.Length) MakeRoom(1);
        _characters[Length] = character;
        if (KeepsPlaces) (_starts[Length], _ends[Length]) = (start, end);
        Length++;
    }

    /// <summary>Appends a code point.</summary>
    public void Append(int codePoint, int start, int end)
    {
        if (codePoint <= char.MaxValue)
        {
            Append((char)codePoint, start, end);
            return;
        }
        Span<char> pair = stackalloc char[2];
        new Rune(codePoint).EncodeToUtf16(pair);
        Append(pair[0], start, end);
        Append(pair[1], start, end);
    }

    /// <summary>Appends text that comes from where one unit of <paramref name="source"/> comes from.</summary>
    public void Append(ReadOnlySpan<char> text, AlignedText source, int index)
    {
        foreach (char c in text) Append(c, source.StartOf(index), source.EndOf(index));
    }

    /// <summary>Appends a stretch of another text.</summary>
    public void Append(AlignedText source, int start, int end)
    {
        int count = end - start;
        if (count <= 0) return;
        MakeRoom(count);
        Array.Copy(source._characters, start, _characters, Length, count);
        if (KeepsPlaces)
        {
            Array.Copy(source._starts, start, _starts, Length, count);
            Array.Copy(source._ends, start, _ends, Length, count);
        }
        Length += count;
    }

    /// <summary>Replaces units from a place on.</summary>
    public void Replace(int start, char character, char replacement) => _characters.AsSpan(start, Length - start).Replace(character, replacement);

    /// <summary>Takes units out.</summary>
    public void Remove(int start, int count)
    {
        if (count == 0) return;
        int after = start + count, rest = Length - after;
        Array.Copy(_characters, after, _characters, start, rest);
        if (KeepsPlaces)
        {
            Array.Copy(_starts, after, _starts, start, rest);
            Array.Copy(_ends, after, _ends, start, rest);
        }
        Length -= count;
    }

    private void TakeValid(ReadOnlySpan<char> original)
    {
        original.CopyTo(_characters);
        Length = original.Length;
        for (int i = 0; i < Length && original[i..].IndexOfAnyInRange('\uD800', '\uDFFF') is int surrogate and >= 0; i++)
        {
            i += surrogate;
            if (char.IsHighSurrogate(original[i]) && i + 1 < Length && char.IsLowSurrogate(original[i + 1])) i++;
            else _characters[i] = '\uFFFD';
        }
    }

    private void MakeRoom(int count)
    {
        long needed = (long)Length + count;
        if (needed <= _characters.Length) return;
        if (needed > Array.MaxLength) throw new InputException("a text grows past two thousand million characters in the tokenizer", fix: "split the text");
        int capacity = (int)Math.Min(Array.MaxLength, Math.Max(needed, _characters.Length * 2L));
        Array.Resize(ref _characters, capacity);
        Array.Resize(ref _starts, capacity);
        Array.Resize(ref _ends, capacity);
    }
}
