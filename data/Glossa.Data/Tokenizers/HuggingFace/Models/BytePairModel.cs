using Glossa.Data.Corpora.Normalization;
using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

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
    private readonly BpeMerge[] _merges;
    private readonly MergeTable _ranks;
    private readonly BytePairOptions _options;
    private readonly int[]? _byteIds;

    /// <summary>Takes a vocabulary and its merges.</summary>
    public BytePairModel(ModelVocabulary vocabulary, BpeMerge[] merges, BytePairOptions options) : base(vocabulary)
    {
        (_merges, _options) = (merges, options);
        _ranks = new MergeTable([.. merges]);
        _byteIds = options.ByteFallback ? vocabulary.ByteIds() : null;
    }

    /// <inheritdoc/>
    protected override void TokenizeAnew(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        if (_options.IgnoreMerges && Vocabulary.Id(piece) is int whole and >= 0)
        {
            tokens.Add(new ModelToken(whole, 0, piece.Length));
            return;
        }
        int before = tokens.Count;
        AddSymbols(piece, tokens);
        Merge(tokens, before);
    }

    private void AddSymbols(ReadOnlySpan<char> piece, List<ModelToken> tokens)
    {
        // Dropped characters have no length for the Rust library: what follows them moves up.
        int dropped = 0, unknownStart = -1;
        for (int i = 0; i < piece.Length;)
        {
            Utf16.CodePointAt(piece, i, out int length);
            int end = i + length;
            int id = SymbolId(piece, i, end);
            if (unknownStart >= 0 && (id >= 0 || !_options.FuseUnknown) && (id >= 0 || !CanFallBack(piece, i, end)))
            {
                tokens.Add(new ModelToken(_options.Unknown, unknownStart - dropped, i - dropped));
                unknownStart = -1;
            }
            if (id >= 0) tokens.Add(new ModelToken(id, i - dropped, end - dropped));
            else if (CanFallBack(piece, i, end)) AddBytes(piece, i, end, dropped, tokens);
            else if (_options.Unknown < 0) dropped += length;
            else if (unknownStart < 0) unknownStart = i;
            i = end;
        }
        if (unknownStart >= 0) tokens.Add(new ModelToken(_options.Unknown, unknownStart - dropped, piece.Length - dropped));
    }

    private int SymbolId(ReadOnlySpan<char> piece, int start, int end)
    {
        bool prefixed = start > 0 && _options.ContinuingPrefix.Length > 0, suffixed = end == piece.Length && _options.EndSuffix.Length > 0;
        if (!prefixed && !suffixed) return Vocabulary.Id(piece[start..end]);
        return Vocabulary.Id(string.Concat(prefixed ? _options.ContinuingPrefix : "", piece[start..end], suffixed ? _options.EndSuffix : ""));
    }

    private bool CanFallBack(ReadOnlySpan<char> piece, int start, int end)
    {
        if (_byteIds is null) return false;
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte b in bytes[..Encoding.UTF8.GetBytes(piece[start..end], bytes)])
            if (_byteIds[b] < 0) return false;
        return true;
    }

    private void AddBytes(ReadOnlySpan<char> piece, int start, int end, int dropped, List<ModelToken> tokens)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte b in bytes[..Encoding.UTF8.GetBytes(piece[start..end], bytes)])
            tokens.Add(new ModelToken(_byteIds![b], start - dropped, end - dropped));
    }

    /// <summary>Joins the symbols from <paramref name="first"/> on in O(n log n): linked symbols and a heap of (rank, position).</summary>
    private void Merge(List<ModelToken> tokens, int first)
    {
        Span<ModelToken> symbols = CollectionsMarshal.AsSpan(tokens)[first..];
        int count = symbols.Length;
        if (count < 2) return;
        int[] rented = ArrayPool<int>.Shared.Rent(count * 2);
        Span<int> next = rented.AsSpan(0, count), previous = rented.AsSpan(count, count);
        using RankHeap heap = new(count);
        for (int i = 0; i < count; i++)
        {
            (next[i], previous[i]) = (i + 1, i - 1);
            if (i + 1 < count) heap.Append(_ranks.Rank(symbols[i].Id, symbols[i + 1].Id), i);
        }
        heap.Heapify();
        while (heap.TryPop(out int rank, out int left))
        {
            BpeMerge merge = _merges[rank];
            int right = next[left];
            if (symbols[left].Id != merge.Left || right >= count || symbols[right].Id != merge.Right) continue;
            symbols[left] = new ModelToken(merge.Result, symbols[left].Start, symbols[right].End);
            symbols[right] = symbols[right] with { Id = -1 };
            int after = next[right];
            next[left] = after;
            if (after < count)
            {
                previous[after] = left;
                heap.Push(_ranks.Rank(merge.Result, symbols[after].Id), left);
            }
            if (previous[left] >= 0) heap.Push(_ranks.Rank(symbols[previous[left]].Id, merge.Result), previous[left]);
        }
        int kept = 0;
        for (int i = 0; i < count; i = next[i]) symbols[kept++] = symbols[i];
        ArrayPool<int>.Shared.Return(rented);
        CollectionsMarshal.SetCount(tokens, first + kept);
    }
}
