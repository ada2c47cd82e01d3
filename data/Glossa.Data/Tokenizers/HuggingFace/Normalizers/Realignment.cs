using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>
/// Writes characters that say how they lengthen or shorten the text, and gives each the source range that the Rust library
/// gives it: one that takes a place gets the range of the character at that place (not of all it stands for), one that was
/// added gets the range of the unit before.
/// </summary>
/// <param name="source">The text that is replaced.</param>
/// <param name="start">Where the piece starts.</param>
/// <param name="position">Where the replaced stretch starts.</param>
/// <param name="end">Where the piece ends.</param>
/// <param name="target">What to append to.</param>
internal ref struct Realignment(AlignedText source, int start, int position, int end, AlignedText target)
{
    private int _position = position;

    /// <summary>Writes characters in order.</summary>
    public void Write(List<FormedCharacter> characters)
    {
        foreach (FormedCharacter character in characters) Write(character.CodePoint, character.Change);
    }

    /// <summary>Writes one character.</summary>
    public void Write(int codePoint, int change)
    {
        if (change > 0)
        {
            int before = _position - 1;
            if (before >= start) target.Append(codePoint, source.StartOf(before), source.EndOf(before));
            else target.Append(codePoint, source.StartOf(start), source.StartOf(start));
            return;
        }
        int at = Math.Min(_position, end - 1);
        target.Append(codePoint, source.StartOf(at), source.EndOf(at));
        for (int i = change; i <= 0; i++) Skip();
    }

    private void Skip()
    {
        if (_position >= end) return;
        source.CodePointAt(_position, out int length);
        _position += length;
    }
}
