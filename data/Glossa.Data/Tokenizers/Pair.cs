using System.Runtime.InteropServices;

namespace Glossa.Data.Tokenizers;

/// <summary>What the trainer knows of two neighbouring tokens.</summary>
internal sealed class Pair
{
    private ArraySegment<int> _positions = ArraySegment<int>.Empty;
    private List<ArraySegment<int>>? _more;

    /// <summary>Weighted number of places where the pair stands now.</summary>
    public long Count { get; set; }

    /// <summary>The token that the pair becomes; -1 while no merge says so.</summary>
    public int Result { get; set; } = -1;

    /// <summary>Adds places where the pair stands.</summary>
    public void AddPositions(ArraySegment<int> positions)
    {
        if (_positions.Count == 0) _positions = positions;
        else (_more ??= []).Add(positions);
    }

    /// <summary>Hands over all places, ascending, and forgets them; some may no longer hold the pair.</summary>
    public ReadOnlySpan<int> TakePositions()
    {
        ArraySegment<int> first = _positions;
        List<ArraySegment<int>>? more = _more;
        _positions = ArraySegment<int>.Empty;
        _more = null;
        if (more is null) return first;
        List<int> all = [.. first];
        foreach (ArraySegment<int> segment in more) all.AddRange(segment);
        all.Sort();
        return CollectionsMarshal.AsSpan(all);
    }
}
