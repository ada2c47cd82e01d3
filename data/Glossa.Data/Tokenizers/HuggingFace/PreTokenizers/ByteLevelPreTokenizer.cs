using Glossa.Data.Tokenizers.HuggingFace.Normalizers;

namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>GPT-2's pre-tokenizer: words by its pattern, their UTF-8 bytes in the visible alphabet.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    /// <summary>The pattern by which it cuts; null where it leaves pieces whole.</summary>
    public WordPattern? Pattern => useRegex ? WordPattern.Gpt2 : null;

    /// <summary>Whether a piece that starts without a space gets one.</summary>
    public bool AddsSpace => addPrefixSpace;

    /// <summary>The same without writing bytes, for an encoder that takes text.</summary>
    public IPreTokenizer WithoutBytes { get; } = new ByteLevelCut(addPrefixSpace, useRegex);

    /// <inheritdoc/>
    public void Apply(Pieces pieces)
    {
        WithoutBytes.Apply(pieces);
        pieces.Rewrite(WriteBytes);
    }

    private static void WriteBytes(AlignedText text, Piece piece, AlignedText target, List<Piece> output)
    {
        int start = target.Length;
        if (!ByteLevelNormalizer.Instance.TryNormalize(text, piece.Start, piece.End, target)) target.Append(text, piece.Start, piece.End);
        output.Add(new Piece(start, target.Length));
    }
}

/// <summary>The cut of <see cref="ByteLevelPreTokenizer"/>.</summary>
internal sealed class ByteLevelCut(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Apply(Pieces pieces)
    {
        if (addPrefixSpace) pieces.Rewrite(AddSpace);
        if (useRegex) pieces.Cut(CutWords);
    }

    private static void AddSpace(AlignedText text, Piece piece, AlignedText target, List<Piece> output)
    {
        int start = target.Length;
        if (text.Characters[piece.Start] != ' ') target.Append(" ", text, piece.Start);
        target.Append(text, piece.Start, piece.End);
        output.Add(new Piece(start, target.Length));
    }

    private static void CutWords(AlignedText text, Piece piece, List<Piece> output)
    {
        ReadOnlySpan<char> characters = text.Characters[..piece.End];
        for (int start = piece.Start; start < piece.End;)
        {
            int end = WordPattern.Gpt2.WordEnd(characters, start);
            output.Add(new Piece(start, end));
            start = end;
        }
    }
}
