using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>Settings of <see cref="BytePairModel"/>, as a file has them.</summary>
internal sealed record BytePairOptions
{
    /// <summary>The unknown token's id; -1 drops unknown characters.</summary>
    public int Unknown { get; init; } = -1;

    /// <summary>Neighbouring unknown characters are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Unknown characters become byte pieces where the vocabulary has all of them.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A piece that is a token is not taken apart first.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>What symbols after a piece's first start with; empty for none.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>What a piece's last symbol ends with; empty for none.</summary>
    public string EndSuffix { get; init; } = "";
}

/// <summary>
/// Byte-pair encoding over characters (Sennrich, Haddow and Birch, 2016): of the pairs of neighbouring symbols that a rule
/// joins, the one of the lowest rank and, of equals, the leftmost, until no rule applies.
/// </summary>
internal sealed class BytePairModel : CachedModel
{
    private readonly PairJoiner _joiner;
    private readonly BytePairOptions _options;
    private readonly int[]? _byteIds;

    /// <summary>Takes a vocabulary and its merges.</summary>
    public BytePairModel(ModelVocabulary vocabulary, BpeMerge[] merges, BytePairOptions options) : base(vocabulary)
    {
        _options = options;
        Merges = [.. merges];
        _joiner = new PairJoiner(Merges);
        _byteIds = options.ByteFallback ? vocabulary.ByteIds() : null;
    }

    /// <summary>The merges, first rule first.</summary>
    public ImmutableArray<BpeMerge> Merges { get; }

    /// <summary>The settings.</summary>
    public BytePairOptions Options => _options;

    /// <inheritdoc/>
    protected override bool TokenizeAnew(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens)
    {
        if (_options.IgnoreMerges && Vocabulary.Id(piece) is int whole and >= 0)
        {
            tokens.Add(new ModelToken(whole, 0, piece.Length));
            return true;
        }
        int before = tokens.Count;
        bool isKnown = TryAddSymbols(piece, tokens);
        if (!isKnown) AddWithUnknown(piece, tokens);
        Merge(tokens, before);
        if (!isKnown) ToUnits(piece, CollectionsMarshal.AsSpan(tokens)[before..]);
        return true;
    }

    /// <summary>Appends the symbols of a piece whose characters are all in the vocabulary; otherwise nothing.</summary>
    private bool TryAddSymbols(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int before = tokens.Count;
        for (int i = 0; i < piece.Length;)
        {
            Utf16.CodePointAt(piece, i, out int length);
            int id = Vocabulary.Id(Symbol(piece, i, i + length));
            if (id < 0)
            {
                CollectionsMarshal.SetCount(tokens, before);
                return false;
            }
            tokens.Add(new ModelToken(id, i, i + length));
            i += length;
        }
        return true;
    }

    /// <summary>A character with its prefix and suffix.</summary>
    private ReadOnlySpan<char> Symbol(ReadOnlySpan<char> piece, int start, int end)
    {
        bool prefixed = start > 0 && _options.ContinuingPrefix.Length > 0, suffixed = end == piece.Length && _options.EndSuffix.Length > 0;
        return !prefixed && !suffixed ? piece[start..end] : string.Concat(prefixed ? _options.ContinuingPrefix : "", piece[start..end], suffixed ? _options.EndSuffix : "");
    }

    /// <summary>
    /// Appends the symbols of a piece with places in bytes of UTF-8, as the Rust library counts them: what it drops has no length,
    /// each byte piece has one, those of prefix and suffix too, and an unknown character waits until a known one follows.
    /// </summary>
    private void AddWithUnknown(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        int at = 0, unknownBytes = 0;
        for (int i = 0, length; i < piece.Length; i += length)
        {
            Utf16.CodePointAt(piece, i, out length);
            ReadOnlySpan<char> symbol = Symbol(piece, i, i + length);
            int bytes = Encoding.UTF8.GetByteCount(piece.Slice(i, length)), id = Vocabulary.Id(symbol);
            if (id >= 0)
            {
                Flush(ref at, ref unknownBytes);
                Add(id, bytes, ref at);
                continue;
            }
            if (TryAddBytes(symbol, tokens, ref at) || _options.Unknown < 0) continue;
            if (!_options.FuseUnknown) Flush(ref at, ref unknownBytes);
            unknownBytes += bytes;
        }
        Flush(ref at, ref unknownBytes);

        void Flush(ref int place, ref int count)
        {
            if (count > 0) Add(_options.Unknown, count, ref place);
            count = 0;
        }

        void Add(int id, int count, ref int place) => tokens.Add(new ModelToken(id, place, place += count));
    }

    private bool TryAddBytes(ReadOnlySpan<char> symbol, List<ModelToken> tokens, ref int at)
    {
        if (_byteIds is null) return false;
        byte[] rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(symbol.Length));
        try
        {
            ReadOnlySpan<byte> bytes = rented.AsSpan(0, Encoding.UTF8.GetBytes(symbol, rented));
            foreach (byte b in bytes)
                if (_byteIds[b] < 0) return false;
            foreach (byte b in bytes) tokens.Add(new ModelToken(_byteIds[b], at, ++at));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Turns places in bytes into the units of the characters that they lie in; past the piece's end they stay there.</summary>
    private static void ToUnits(ReadOnlySpan<char> piece, Span<ModelToken> tokens)
    {
        int unit = 0, length = 0, nextByte = 0;
        foreach (ref ModelToken token in tokens)
        {
            Seek(token.Start, piece);
            int start = unit;
            Seek(token.End - 1, piece);
            token = token with { Start = start, End = unit + length };
        }

        // Places only grow, so one walk over the piece finds all.
        void Seek(int place, ReadOnlySpan<char> text)
        {
            while (place >= nextByte && unit + length < text.Length)
            {
                unit += length;
                Utf16.CodePointAt(text, unit, out length);
                nextByte += Encoding.UTF8.GetByteCount(text.Slice(unit, length));
            }
        }
    }

    /// <summary>Joins the symbols from <paramref name="first"/> on.</summary>
    private void Merge(List<ModelToken> tokens, int first)
    {
        Span<ModelToken> symbols = CollectionsMarshal.AsSpan(tokens)[first..];
        int count = symbols.Length;
        if (count < 2) return;
        int[] rented = ArrayPool<int>.Shared.Rent(count * 2);
        Span<int> ids = rented.AsSpan(0, count), ends = rented.AsSpan(count, count);
        for (int i = 0; i < count; i++) (ids[i], ends[i]) = (symbols[i].Id, symbols[i].End);
        int kept = _joiner.Join(ids, ends), start = symbols[0].Start;
        for (int i = 0; i < kept; i++)
        {
            symbols[i] = new ModelToken(ids[i], start, ends[i]);
            start = ends[i];
        }
        ArrayPool<int>.Shared.Return(rented);
        CollectionsMarshal.SetCount(tokens, first + kept);
    }
}
