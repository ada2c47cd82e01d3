using System.Runtime.InteropServices;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// The merge loop of byte-pair encoding. All distinct words lie end to end in one array of symbols; each pair knows its
/// weighted count and the positions where it stood, so that a merge costs its own occurrences and nothing else. Positions
/// that a later merge has overwritten stay in the lists and are passed over.
/// </summary>
internal sealed class PairMerger
{
    private const int Separator = -2;
    private const int Inside = -1;

    // A token lies at _symbol[p]; its length stands at its first and its last position, so that both neighbours are found
    // in one step; positions between hold Inside.
    private readonly int[] _symbol;
    private readonly ushort[] _length;
    private readonly int[] _word;
    private readonly long[] _weight;
    private readonly List<byte[]?> _tokens;
    private readonly int _maxTokenLength;
    private readonly Dictionary<ulong, Pair> _pairs = [];
    private readonly PairHeap _heap = new();

    /// <summary>Lays the words out and counts their pairs of bytes.</summary>
    public PairMerger(WordTable words, List<byte[]?> tokens, int maxTokenLength)
    {
        _tokens = tokens;
        _maxTokenLength = maxTokenLength;
        long size = 1;
        for (int i = 0; i < words.Count; i++) size += Encoding.UTF8.GetByteCount(words.Word(i)) + 1;
        if (size > Array.MaxLength)
            throw new InputException("the text has more than two thousand million bytes of distinct words", fix: "train the tokenizer on a sample");
        _symbol = new int[size];
        _length = new ushort[size];
        _word = new int[size];
        _weight = new long[words.Count];
        LayOut(words);
        CountBytePairs();
    }

    /// <summary>Merges until there are <paramref name="vocabularySize"/> tokens or no pair is left; adds the tokens to the list given.</summary>
    public List<BpeMerge> Run(int vocabularySize)
    {
        List<BpeMerge> merges = [];
        Neighbours left = new(vocabularySize), right = new(vocabularySize);
        Dictionary<string, int> byContent = new(StringComparer.Ordinal);
        while (_tokens.Count < vocabularySize && _heap.Count > 0)
        {
            PairHeap.Entry best = _heap.Pop();
            Pair pair = _pairs[best.Key];
            if (pair.Count != best.Count)
            {
                // The count has changed since: back in line with what it is now.
                if (pair.Count > 0 && pair.Count < best.Count) _heap.Push(pair.Count, best.Key);
                continue;
            }
            (int a, int b) = ((int)(best.Key >> 32), (int)best.Key);
            int result = pair.Result >= 0 ? pair.Result : FindOrAdd(a, b, byContent);
            if (pair.Result < 0) merges.Add(new BpeMerge(a, b, result));
            pair.Result = result;
            Merge(pair, a, b, result, left, right);
        }
        return merges;
    }

    private void LayOut(WordTable words)
    {
        int position = 0;
        _symbol[position++] = Separator;
        byte[] buffer = new byte[256];
        for (int i = 0; i < words.Count; i++)
        {
            ReadOnlySpan<char> word = words.Word(i);
            int most = Encoding.UTF8.GetMaxByteCount(word.Length);
            if (most > buffer.Length) buffer = new byte[most * 2];
            int bytes = Encoding.UTF8.GetBytes(word, buffer);
            for (int b = 0; b < bytes; b++, position++)
            {
                _symbol[position] = BpeModel.FirstByteId + buffer[b];
                _length[position] = 1;
                _word[position] = i;
            }
            _weight[i] = words.CountOf(i);
            _symbol[position++] = Separator;
        }
    }

    private void CountBytePairs()
    {
        long[] counts = new long[1 << 16];
        int[] starts = new int[(1 << 16) + 1];
        for (int p = 1; p + 1 < _symbol.Length; p++)
        {
            if (BytePairAt(p) is not int key) continue;
            counts[key] += _weight[_word[p]];
            starts[key + 1]++;
        }
        for (int key = 0; key < counts.Length; key++) starts[key + 1] += starts[key];
        int[] positions = new int[starts[^1]];
        int[] next = [.. starts];
        for (int p = 1; p + 1 < _symbol.Length; p++)
            if (BytePairAt(p) is int key) positions[next[key]++] = p;
        for (int key = 0; key < counts.Length; key++)
        {
            if (counts[key] == 0) continue;
            ulong pairKey = Key(BpeModel.FirstByteId + (key >> 8), BpeModel.FirstByteId + (key & 255));
            Pair pair = new() { Count = counts[key] };
            pair.AddPositions(new ArraySegment<int>(positions, starts[key], starts[key + 1] - starts[key]));
            _pairs.Add(pairKey, pair);
            if (_maxTokenLength >= 2) _heap.Push(counts[key], pairKey);
        }
    }

    private int? BytePairAt(int p) => _symbol[p] >= 0 && _symbol[p + 1] >= 0
        ? ((_symbol[p] - BpeModel.FirstByteId) << 8) | (_symbol[p + 1] - BpeModel.FirstByteId)
        : null;

    /// <summary>
    /// The token with the bytes of both: the same string reached by other merges keeps its one id.
    /// </summary>
    private int FindOrAdd(int a, int b, Dictionary<string, int> byContent)
    {
        byte[] bytes = [.. _tokens[a]!, .. _tokens[b]!];
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(byContent, ByteAlphabet.Write(bytes), out bool known);
        if (known) return id;
        id = _tokens.Count;
        _tokens.Add(bytes);
        return id;
    }

    private void Merge(Pair pair, int a, int b, int c, Neighbours left, Neighbours right)
    {
        ushort length = (ushort)_tokens[c]!.Length;
        foreach (int p in pair.TakePositions())
        {
            if (_symbol[p] != a) continue;
            int q = p + _length[p];
            if (_symbol[q] != b) continue;
            long weight = _weight[_word[p]];
            int end = p + length;
            if (_symbol[p - 1] != Separator)
            {
                int x = p - _length[p - 1];
                left.Add(_symbol[x], x, weight);
            }
            if (_symbol[end] != Separator) right.Add(_symbol[end], p, weight);
            _symbol[q] = Inside;
            _symbol[p] = c;
            _length[p] = length;
            _length[end - 1] = length;
        }
        pair.Count = 0;

        ulong merged = Key(a, b);
        left.Group();
        foreach (int x in left.Touched) Increase(Key(x, c), left.Weight(x), left.Positions(x));
        right.Group();
        foreach (int y in right.Touched) Increase(Key(c, y), right.Weight(y), right.Positions(y));
        foreach (int x in left.Touched) Decrease(Key(x, a), left.Weight(x), merged);
        foreach (int y in right.Touched) Decrease(Key(b, y), right.Weight(y), merged);
        foreach (int x in left.Touched) Announce(x, c);
        foreach (int y in right.Touched) Announce(c, y);
        left.Clear();
        right.Clear();
    }

    private void Increase(ulong key, long weight, ArraySegment<int> positions)
    {
        ref Pair? pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
        pair ??= new Pair();
        pair.Count += weight;
        pair.AddPositions(positions);
    }

    private void Decrease(ulong key, long weight, ulong merged)
    {
        if (key != merged) _pairs[key].Count -= weight;
    }

    private void Announce(int left, int right)
    {
        ulong key = Key(left, right);
        Pair pair = _pairs[key];
        if (pair.Count > 0 && _tokens[left]!.Length + _tokens[right]!.Length <= _maxTokenLength) _heap.Push(pair.Count, key);
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
