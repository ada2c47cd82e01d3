namespace Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

/// <summary>Splits at what a pattern finds ("Split", and "Whitespace" with its fixed expression).</summary>
internal sealed class PatternSplit(TextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    /// <summary>The pattern of words that it cuts by, where that is all it does; null otherwise.</summary>
    public WordPattern? Words => behavior == SplitBehavior.Isolated && !invert ? (pattern as KnownWordPattern)?.Words : null;

    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut((text, piece, output) =>
        Splitter.Split(piece, pattern.Matches(text.Characters[piece.Start..piece.End]), behavior, invert, output));
}

/// <summary>Splits at characters of a class.</summary>
internal sealed class CharacterSplit(Func<int, bool> isDelimiter, SplitBehavior behavior) : IPreTokenizer
{
    /// <summary>Splits at white space, which goes.</summary>
    public static CharacterSplit WhiteSpace { get; } = new(CodePoints.IsWhiteSpace, SplitBehavior.Removed);

    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut(Cut);

    private void Cut(AlignedText text, Piece piece, List<Piece> output)
    {
        if (behavior is not (SplitBehavior.Removed or SplitBehavior.Isolated))
        {
            Splitter.Split(piece, Matches(text, piece), behavior, invert: false, output);
            return;
        }
        int at = piece.Start;
        for (int i = piece.Start; i < piece.End;)
        {
            if (isDelimiter(text.CodePointAt(i, out int length)))
            {
                if (i > at) output.Add(new Piece(at, i));
                if (behavior == SplitBehavior.Isolated) output.Add(new Piece(i, i + length));
                at = i + length;
            }
            i += length;
        }
        if (at < piece.End) output.Add(new Piece(at, piece.End));
    }

    private List<TextMatch> Matches(AlignedText text, Piece piece)
    {
        List<TextMatch> matches = [];
        for (int i = piece.Start; i < piece.End;)
        {
            if (isDelimiter(text.CodePointAt(i, out int length))) matches.Add(new TextMatch(i - piece.Start, i - piece.Start + length));
            i += length;
        }
        return matches;
    }
}

/// <summary>BERT's cut: words between white space, every punctuation character on its own.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer
{
    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut(static (text, piece, output) =>
    {
        int at = piece.Start;
        for (int i = piece.Start; i < piece.End;)
        {
            int codePoint = text.CodePointAt(i, out int length);
            bool isSpace = CodePoints.IsWhiteSpace(codePoint);
            if (isSpace || CodePoints.IsPunctuation(codePoint))
            {
                if (i > at) output.Add(new Piece(at, i));
                if (!isSpace) output.Add(new Piece(i, i + length));
                at = i + length;
            }
            i += length;
        }
        if (at < piece.End) output.Add(new Piece(at, piece.End));
    });
}

/// <summary>Runs of word characters and runs of all else that is no white space ("Whitespace").</summary>
internal sealed class WordSplit : IPreTokenizer
{
    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut(static (text, piece, output) =>
    {
        int at = piece.Start, previous = 0;
        for (int i = piece.Start; i < piece.End;)
        {
            int codePoint = text.CodePointAt(i, out int length);
            int kind = CodePoints.IsWord(codePoint) ? 1 : CodePoints.IsWhiteSpace(codePoint) ? 0 : 2;
            if (kind != previous)
            {
                if (previous != 0) output.Add(new Piece(at, i));
                (at, previous) = (i, kind);
            }
            i += length;
        }
        if (previous != 0) output.Add(new Piece(at, piece.End));
    });
}

/// <summary>Pieces of a number of code points.</summary>
internal sealed class FixedLengthSplit(int count) : IPreTokenizer
{
    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut((text, piece, output) =>
    {
        for (int at = piece.Start; at < piece.End;)
        {
            int end = at;
            for (int i = 0; i < count && end < piece.End; i++)
            {
                text.CodePointAt(end, out int length);
                end += length;
            }
            output.Add(new Piece(at, end));
            at = end;
        }
    });
}

/// <summary>Cuts where the script changes; kana count as Han, and a space or a character without a script belongs to what is around it.</summary>
internal sealed class ScriptSplit : IPreTokenizer
{
    private const int Any = ScriptTable.NoScript;
    private const int KatakanaProlongedMark = 0x30FC;

    private readonly int _han = Number("Han");
    private readonly int _hiragana = Number("Hiragana");
    private readonly int _katakana = Number("Katakana");

    /// <inheritdoc/>
    public void Apply(Pieces pieces) => pieces.Cut((text, piece, output) =>
    {
        // Nothing is cut off before the first character that has a script: what stands before it goes.
        int at = -1, last = int.MinValue;
        for (int i = piece.Start; i < piece.End;)
        {
            int script = ScriptOf(text.CodePointAt(i, out int length));
            if (script != Any && last != script)
            {
                if (at >= 0) output.Add(new Piece(at, i));
                (at, last) = (i, script);
            }
            i += length;
        }
        if (at >= 0) output.Add(new Piece(at, piece.End));
    });

    private int ScriptOf(int codePoint)
    {
        if (codePoint == KatakanaProlongedMark) return _han;
        if (codePoint == ' ') return Any;
        int script = ScriptTable.Instance.ScriptOfUnicode9(codePoint);
        return script == _hiragana || script == _katakana ? _han : script;
    }

    private static int Number(string script) => Array.IndexOf(ScriptTable.Instance.Names, script);
}
