namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>Converts UTF-16 positions of a text to code points.</summary>
internal readonly struct CodePointPlaces
{
    private readonly int[]? _places;

    /// <summary>Prepares a text.</summary>
    public CodePointPlaces(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF')) return;
        _places = new int[text.Length + 1];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            _places[i] = count;
            if (!(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))) count++;
        }
        _places[text.Length] = count;
    }

    /// <summary>The number of code points before a position.</summary>
    public int At(int position) => _places is null ? position : _places[position];
}
