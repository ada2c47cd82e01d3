namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>
/// Finds all tokens that start at a place: a trie over UTF-16 units in a double array (Aoe, 1989). A child of state s stands
/// at the base of s plus the number of its unit, and names s as its parent.
/// </summary>
internal sealed class TokenTrie
{
    /// <summary>The state that walks start from.</summary>
    public const int Root = 0;

    private readonly ushort[] _numbers;
    private readonly State[] _states;

    /// <summary>Builds the trie.</summary>
    public TokenTrie(IEnumerable<KeyValuePair<string, int>> tokens)
    {
        KeyValuePair<string, int>[] sorted = [.. tokens.Where(token => token.Key.Length > 0).OrderBy(token => token.Key, StringComparer.Ordinal)];
        _numbers = NumberUnits(sorted);
        _states = new Builder(sorted, _numbers).Build();
    }

    /// <summary>The state that a unit leads to, or -1.</summary>
    public int Child(int state, char unit)
    {
        State[] states = _states;
        int next = states[state].Base + _numbers[unit];
        return (uint)next < (uint)states.Length && states[next].Parent == state ? next : -1;
    }

    /// <summary>The id of the token that ends at a state, or -1.</summary>
    public int IdAt(int state) => _states[state].Id;

    /// <summary>The id of the longest token that <paramref name="text"/> starts with, or -1.</summary>
    public int Longest(ReadOnlySpan<char> text, out int length)
    {
        (int found, int state) = (-1, Root);
        length = 0;
        for (int i = 0; i < text.Length && (state = Child(state, text[i])) >= 0; i++)
        {
            if (_states[state].Id < 0) continue;
            (found, length) = (_states[state].Id, i + 1);
        }
        return found;
    }

    /// <summary>Numbers the units that tokens have from 1 on, the commonest first, so that the array stays dense; 0 for all others.</summary>
    private static ushort[] NumberUnits(KeyValuePair<string, int>[] tokens)
    {
        int[] counts = new int[char.MaxValue + 1];
        foreach ((string token, _) in tokens)
            foreach (char unit in token) counts[unit]++;
        int[] used = [.. Enumerable.Range(0, counts.Length).Where(unit => counts[unit] > 0).OrderByDescending(unit => counts[unit])];
        ushort[] numbers = new ushort[counts.Length];
        for (int i = 0; i < used.Length && i < ushort.MaxValue; i++) numbers[used[i]] = (ushort)(i + 1);
        return numbers;
    }

    private readonly record struct State(int Base, int Parent, int Id);

    private sealed class Builder(KeyValuePair<string, int>[] sorted, ushort[] numbers)
    {
        private const int None = -1;

        // No state has this parent, so nothing is found at a place that is free, nor through unit number 0.
        private State[] _states = [.. Enumerable.Repeat(new State(0, int.MinValue, None), 1024)];
        private readonly List<(ushort Number, int From, int To)> _children = [];
        private bool[] _taken = new bool[1024];
        private int _firstFree = 1;
        private int _end = 1;

        /// <summary>Places states level by level; a stretch of the sorted tokens shares each state's prefix.</summary>
        public State[] Build()
        {
            _taken[Root] = true;
            Queue<(int State, int From, int To, int Depth)> open = new([(Root, 0, sorted.Length, 0)]);
            while (open.TryDequeue(out (int State, int From, int To, int Depth) node))
            {
                int from = node.From;
                int id = None;
                while (from < node.To && sorted[from].Key.Length == node.Depth) id = sorted[from++].Value;
                FindChildren(from, node.To, node.Depth);
                int start = _children.Count == 0 ? 0 : FindBase();
                _states[node.State] = _states[node.State] with { Base = start, Id = id };
                foreach ((ushort number, int first, int last) in _children)
                {
                    int child = start + number;
                    _taken[child] = true;
                    _states[child] = new State(0, node.State, None);
                    _end = Math.Max(_end, child + 1);
                    open.Enqueue((child, first, last, node.Depth + 1));
                }
            }
            return _states[.._end];
        }

        private void FindChildren(int from, int to, int depth)
        {
            _children.Clear();
            for (int first = from; first < to;)
            {
                char unit = sorted[first].Key[depth];
                int last = first + 1;
                while (last < to && sorted[last].Key[depth] == unit) last++;
                _children.Add((numbers[unit], first, last));
                first = last;
            }
            _children.Sort();
        }

        /// <summary>The first base from which every child finds a free place.</summary>
        private int FindBase()
        {
            int lowest = _children[0].Number, highest = _children[^1].Number;
            while (_firstFree < _taken.Length && _taken[_firstFree]) _firstFree++;
            int tried = 0, taken = 0;
            for (int place = Math.Max(_firstFree, lowest); ; place++)
            {
                Reserve(place + highest - lowest + 1);
                tried++;
                if (_taken[place])
                {
                    taken++;
                    continue;
                }
                int start = place - lowest;
                if (!Fits(start)) continue;
                // Where nearly all is taken, later searches start behind it.
                if (tried > 1000 && taken > tried * 0.95) _firstFree = place;
                return start;
            }
        }

        private bool Fits(int start)
        {
            foreach ((ushort number, _, _) in _children)
                if (_taken[start + number]) return false;
            return true;
        }

        private void Reserve(int length)
        {
            if (length < _states.Length) return;
            int before = _states.Length;
            Array.Resize(ref _states, Math.Max(length + 1, before * 2));
            Array.Resize(ref _taken, _states.Length);
            _states.AsSpan(before).Fill(new State(0, int.MinValue, None));
        }
    }
}
