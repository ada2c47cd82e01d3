using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    // in one step; positions between hold Inside. The separator before word number i is Separator - i.
    private readonly int[] _symbol;
    private readonly ushort[] _length;
    private readonly long[] _weight;
    private readonly IMergeTokens _tokens;
    private readonly int _maxTokenLength;
    private readonly Dictionary<ulong, Pair> _pairs = [];
    private readonly PairHeap _heap = new();

    /// <summary>Lays the words out and counts their pairs of symbols.</summary>
    // Optimized at once, since only then are the words given up where they are laid out and not at the end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public PairMerger(WordTable words, IMergeTokens tokens, int maxTokenLength)
    {
        _tokens = tokens;
        _maxTokenLength = maxTokenLength;
        long size = 1;
        for (int i = 0; i < words.Count; i++) size += tokens.SymbolCount(words.Word(i)) + 1;
        if (size > Array.MaxLength)
            throw new InputException("the text has more than two thousand million bytes of distinct words", fix: "train the tokenizer on a sample");
        _symbol = new int[size];
        _length = new ushort[size];
        _weight = new long[words.Count];
        LayOut(words);
        CountPairs();
    }

    /// <summary>Merges until there are <paramref name="vocabularySize"/> tokens or no pair is left; adds the tokens to the list given.</summary>
    public List<BpeMerge> Run(int vocabularySize)
    {
        List<BpeMerge> merges = [];
        Neighbours left = new(vocabularySize), right = new(vocabularySize);
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
            int result = pair.Result >= 0 ? pair.Result : _tokens.Join(a, b);
            if (pair.Result < 0) merges.Add(new BpeMerge(a, b, result));
            pair.Result = result;
            Merge(pair, a, b, result, left, right);
        }
        return merges;
    }

    private void LayOut(WordTable words)
    {
        int position = 0;
        for (int i = 0; i < words.Count; i++)
        {
            _symbol[position++] = Separator - i;
            int count = _tokens.Write(words.Word(i), _symbol.AsSpan(position));
            _length.AsSpan(position, count).Fill(1);
            position += count;
            _weight[i] = words.CountOf(i);
        }
        _symbol.AsSpan(position).Fill(Separator);
    }

    /// <summary>Finds the places of every pair: counted first, so that all lists lie in one array.</summary>
    private void CountPairs()
    {
        PairNumbers numbers = new();
        List<(ulong Key, long Count, int Places)> found = [];
        long weight = 0;
        for (int p = 0; p + 1 < _symbol.Length; p++)
        {
            if (_symbol[p] <= Separator) weight = _weight[Separator - _symbol[p]];
            if (_symbol[p] < 0 || _symbol[p + 1] < 0) continue;
            ulong key = Key(_symbol[p], _symbol[p + 1]);
            int number = numbers.Of(key);
            if (number == found.Count) found.Add((key, 0, 0));
            ref (ulong Key, long Count, int Places) pair = ref CollectionsMarshal.AsSpan(found)[number];
            pair.Count += weight;
            pair.Places++;
        }
        int[] next = new int[found.Count];
        for (int i = 1; i < next.Length; i++) next[i] = next[i - 1] + found[i - 1].Places;
        int[] positions = new int[found.Sum(pair => pair.Places)];
        for (int p = 1; p + 1 < _symbol.Length; p++)
            if (_symbol[p] >= 0 && _symbol[p + 1] >= 0) positions[next[numbers.Of(Key(_symbol[p], _symbol[p + 1]))]++] = p;
        for (int i = 0; i < found.Count; i++)
        {
            Pair pair = new() { Count = found[i].Count };
            pair.AddPositions(new ArraySegment<int>(positions, next[i] - found[i].Places, found[i].Places));
            _pairs.Add(found[i].Key, pair);
            if (_maxTokenLength >= 2) _heap.Push(found[i].Count, found[i].Key);
        }
    }

    private void Merge(Pair pair, int a, int b, int c, Neighbours left, Neighbours right)
    {
        ushort length = (ushort)_tokens.LengthOf(c);
        foreach (int p in pair.TakePositions())
        {
            if (_symbol[p] != a) continue;
            int q = p + _length[p];
            if (_symbol[q] != b) continue;
            long weight = WeightAt(p);
            int end = p + length;
            if (_symbol[p - 1] > Separator)
            {
                int x = p - _length[p - 1];
                left.Add(_symbol[x], x, weight);
            }
            if (_symbol[end] > Separator) right.Add(_symbol[end], p, weight);
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

    // The weight of the word in which a token starts.
    private long WeightAt(int position)
    {
        int before = position - 1;
        while (_symbol[before] > Separator) before -= _length[before];
        return _weight[Separator - _symbol[before]];
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
        if (pair.Count > 0 && _tokens.LengthOf(left) + _tokens.LengthOf(right) <= _maxTokenLength) _heap.Push(pair.Count, key);
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
