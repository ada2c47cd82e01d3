namespace Glossa.Data.Tokenizers;

/// <summary>
/// The tokens that stood on one side of the places of a merge, with their weights and positions grouped by token: arrays
/// indexed by token id in place of a look-up for each place.
/// </summary>
/// <param name="vocabularySize">One more than the largest id.</param>
internal sealed class Neighbours(int vocabularySize)
{
    private readonly long[] _weight = new long[vocabularySize];
    private readonly int[] _count = new int[vocabularySize];
    private readonly int[] _start = new int[vocabularySize];
    private readonly List<int> _touched = [];
    private (int Token, int Position)[] _places = new (int, int)[1024];
    private int _used;
    private int[] _grouped = [];

    /// <summary>The tokens seen, in the order in which they came.</summary>
    public List<int> Touched => _touched;

    /// <summary>Notes that a token stood beside a merge; <paramref name="position"/> is where the new pair starts.</summary>
    public void Add(int token, int position, long weight)
    {
        if (_count[token]++ == 0) _touched.Add(token);
        _weight[token] += weight;
        if (_used == _places.Length) Array.Resize(ref _places, _used * 2);
        _places[_used++] = (token, position);
    }

    /// <summary>Groups the positions by token; call once after the last <see cref="Add"/>.</summary>
    public void Group()
    {
        int start = 0;
        foreach (int token in _touched)
        {
            _start[token] = start;
            start += _count[token];
        }
        _grouped = new int[_used];
        foreach ((int token, int position) in _places.AsSpan(0, _used)) _grouped[_start[token]++] = position;
    }

    /// <summary>Summed weight of the places beside <paramref name="token"/>.</summary>
    public long Weight(int token) => _weight[token];

    /// <summary>Positions of the new pairs with <paramref name="token"/>, in the order in which they were added.</summary>
    public ArraySegment<int> Positions(int token) => new(_grouped, _start[token] - _count[token], _count[token]);

    /// <summary>Forgets all; the arrays stay.</summary>
    public void Clear()
    {
        foreach (int token in _touched)
        {
            _weight[token] = 0;
            _count[token] = 0;
        }
        _touched.Clear();
        _used = 0;
    }
}
