namespace Glossa.Data.Tokenizers.Unigram;

/// <summary>
/// Finds the frequent substrings of a text: all places are sorted by the symbols that follow, one symbol at a time, and a group of places that agree so far is a substring. Groups
/// that are too rare are not sorted further. A substring that is always followed by the same symbol is none of its own, as in a suffix tree. Time is at most places times the longest piece.
/// </summary>
internal sealed class SubstringTreeBuilder
{
    private readonly SegmentedText _text;
    private readonly int[] _segment;
    private readonly int[] _longest;
    private readonly int _symbolCount;
    private readonly int _maxLength;
    private readonly long _minWeight;

    private SubstringTreeBuilder(SegmentedText text, int symbolCount, int maxLength, long minWeight)
    {
        (_text, _symbolCount, _maxLength, _minWeight) = (text, symbolCount, maxLength, minWeight);
        _segment = new int[text.Symbols.Length];
        for (int i = 0; i < text.Starts.Length; i++) _segment.AsSpan(text.Starts[i]..text.Ends[i]).Fill(i);
        _longest = new int[text.Symbols.Length];
        Array.Fill(_longest, -1);
    }

    /// <summary>Builds the tree of all single symbols and the most frequent substrings.</summary>
    /// <param name="text">The text.</param>
    /// <param name="symbolCount">Number of symbols.</param>
    /// <param name="maxLength">The longest substring, in symbols.</param>
    /// <param name="minWeight">The least weight of a substring of several symbols.</param>
    /// <param name="most">How many pieces to keep: those of the greatest weight times length.</param>
    /// <param name="threads">Threads.</param>
    public static SubstringTree Build(SegmentedText text, int symbolCount, int maxLength, long minWeight, int most, int threads)
    {
        SubstringTree tree = new SubstringTreeBuilder(text, symbolCount, maxLength, minWeight).Build(threads);
        tree.Keep(Choose(tree.Nodes, most));
        return tree;
    }

    private static bool[] Choose(SubstringNode[] nodes, int most)
    {
        double[] scores = [.. nodes.Where(node => node.Length > 1).Select(Score)];
        int room = Math.Max(0, most - (nodes.Length - scores.Length));
        if (scores.Length <= room) return Array.ConvertAll(nodes, _ => true);
        Array.Sort(scores);
        double least = scores[^(room + 1)];
        int ties = room - scores.Count(score => score > least);
        // Nodes are in the order of their symbols, so ties go to the first of them.
        return Array.ConvertAll(nodes, node => node.Length == 1 || Score(node) > least || (Score(node) == least && ties-- > 0));

        static double Score(SubstringNode node) => (double)node.Weight * node.Length;
    }

    private SubstringTree Build(int threads)
    {
        int[] places = GroupBySymbol(out int[] starts);
        List<SubstringNode>[] parts = new List<SubstringNode>[_symbolCount + 1];
        Parallel.For(1, _symbolCount + 1, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new Worker(this), (symbol, _, worker) =>
        {
            parts[symbol] = worker.Run(places.AsSpan(starts[symbol]..starts[symbol + 1]));
            return worker;
        }, _ => { });
        return Join(parts, places, starts);
    }

    /// <summary>Numbers the symbols' trees one after the other.</summary>
    private SubstringTree Join(List<SubstringNode>[] parts, int[] places, int[] starts)
    {
        SubstringNode[] nodes = new SubstringNode[parts.Skip(1).Sum(part => part.Count)];
        int first = 0;
        for (int symbol = 1; symbol < parts.Length; symbol++)
        {
            foreach (int place in places.AsSpan(starts[symbol]..starts[symbol + 1])) _longest[place] += first;
            for (int i = 0; i < parts[symbol].Count; i++)
            {
                SubstringNode node = parts[symbol][i];
                nodes[first + i] = node.Parent < 0 ? node : node with { Parent = node.Parent + first };
            }
            first += parts[symbol].Count;
        }
        return new SubstringTree(_text, nodes, _longest);
    }

    private int[] GroupBySymbol(out int[] starts)
    {
        starts = new int[_symbolCount + 2];
        foreach (int symbol in _text.Symbols) starts[symbol + 1]++;
        starts[1] = 0;
        for (int symbol = 1; symbol <= _symbolCount; symbol++) starts[symbol + 1] += starts[symbol];
        int[] places = new int[starts[^1]], next = [.. starts];
        for (int place = 0; place < _text.Symbols.Length; place++)
            if (_text.Symbols[place] is int symbol and > 0) places[next[symbol]++] = place;
        return places;
    }

    /// <summary>Sorts the places that start with one symbol.</summary>
    private sealed class Worker(SubstringTreeBuilder builder)
    {
        private readonly int[] _count = new int[builder._symbolCount + 1];
        private readonly long[] _weight = new long[builder._symbolCount + 1];
        private readonly List<int> _touched = [];
        private readonly List<(int Start, int End, long Weight)> _groups = [];
        private int[] _keys = [];
        private int[] _sorted = [];

        private List<SubstringNode> _nodes = [];

        /// <summary>The substrings that start at places with one and the same symbol, parents first.</summary>
        public List<SubstringNode> Run(Span<int> places)
        {
            _nodes = [];
            if (places.IsEmpty) return _nodes;
            if (_keys.Length < places.Length) (_keys, _sorted) = (new int[places.Length], new int[places.Length]);
            long weight = 0;
            foreach (int place in places) weight += WeightAt(place);
            int single = Add(parent: -1, length: 1, places[0], weight);
            if (weight < builder._minWeight) SetLongest(places, single);
            else Refine(places, depth: 1, single, weight);
            return _nodes;
        }

        private long WeightAt(int place) => builder._text.Weights[builder._segment[place]];

        /// <summary>Splits a group whose places share <paramref name="depth"/> symbols; <paramref name="parent"/> is the longest piece shorter than that, or the single symbol.</summary>
        private void Refine(Span<int> places, int depth, int parent, long weight)
        {
            if (places.Length == 1 || depth == builder._maxLength)
            {
                int length = places.Length > 1 ? depth : Math.Min(builder._maxLength, builder._text.Ends[builder._segment[places[0]]] - places[0]);
                SetLongest(places, length > 1 ? Add(parent, length, places[0], weight) : parent);
                return;
            }
            int firstGroup = _groups.Count;
            int ended = Split(places, depth);
            bool isOwn = depth > 1 && (ended > 0 || _groups.Count - firstGroup > 1);
            int own = isOwn ? Add(parent, depth, places[0], weight) : parent;
            SetLongest(places[..ended], own);
            int groups = _groups.Count;
            for (int i = firstGroup; i < groups; i++)
            {
                (int start, int end, long groupWeight) = _groups[i];
                if (groupWeight < builder._minWeight) SetLongest(places[start..end], own);
                else Refine(places[start..end], depth + 1, own, groupWeight);
            }
            _groups.RemoveRange(firstGroup, groups - firstGroup);
        }

        /// <summary>Sorts places by their symbol at a depth, those whose segment has ended first; returns how many those are.</summary>
        private int Split(Span<int> places, int depth)
        {
            int[] symbols = builder._text.Symbols;
            for (int i = 0; i < places.Length; i++)
            {
                int key = symbols[places[i] + depth];
                _keys[i] = key;
                if (_count[key]++ == 0) _touched.Add(key);
                _weight[key] += WeightAt(places[i]);
            }
            _touched.Sort();
            int start = 0, ended = 0;
            foreach (int key in _touched)
            {
                int end = start + _count[key];
                if (key == 0) ended = end;
                else _groups.Add((start, end, _weight[key]));
                _count[key] = start;
                start = end;
            }
            for (int i = 0; i < places.Length; i++) _sorted[_count[_keys[i]]++] = places[i];
            _sorted.AsSpan(0, places.Length).CopyTo(places);
            foreach (int key in _touched) (_count[key], _weight[key]) = (0, 0);
            _touched.Clear();
            return ended;
        }

        private int Add(int parent, int length, int place, long weight)
        {
            _nodes.Add(new SubstringNode(parent, length, place, weight));
            return _nodes.Count - 1;
        }

        private void SetLongest(Span<int> places, int node)
        {
            foreach (int place in places) builder._longest[place] = node;
        }
    }
}
