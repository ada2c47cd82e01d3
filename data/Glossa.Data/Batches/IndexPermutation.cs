namespace Glossa.Data.Batches;

/// <summary>
/// A pseudo-random order of the numbers below a bound of which any place can be asked for alone, so that nothing is listed: an unbalanced Feistel network over the cells of
/// a nearly square table, walked on from cells past the bound (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). Not for cryptography.
/// </summary>
internal readonly struct IndexPermutation
{
    private const int RoundPairs = 2;

    private readonly long _count;
    private readonly ulong _key;
    private readonly uint _rows, _columns;

    /// <summary>An order.</summary>
    /// <param name="count">How many numbers there are.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <param name="stream">Different streams of a seed are independent orders.</param>
    public IndexPermutation(long count, ulong seed, ulong stream)
    {
        _count = count;
        _key = new SeededRandom(seed, stream).NextUInt64();
        _rows = (uint)Math.Max(1, Math.Ceiling(Math.Sqrt(count)));
        _columns = (uint)((count + _rows - 1) / _rows);
    }

    /// <summary>The number at a place.</summary>
    public long this[long place]
    {
        get
        {
            // The cells are a bijection, and those past the bound are fewer than a row: the walk ends, nearly always at once.
            do place = Next(place);
            while (place >= _count);
            return place;
        }
    }

    private long Next(long place)
    {
        uint row = (uint)(place / _columns), column = (uint)(place % _columns);
        ulong key = _key;
        for (int pair = 0; pair < RoundPairs; pair++)
        {
            row = Shift(row, column, _rows, key += 0x9E3779B97F4A7C15);
            column = Shift(column, row, _columns, key += 0x9E3779B97F4A7C15);
        }
        return ((long)row * _columns) + column;
    }

    // Moves a coordinate round its axis by what the other one and the key hash to.
    private static uint Shift(uint value, uint other, uint size, ulong key)
    {
        ulong hash = (key ^ other) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 29)) * 0x94D049BB133111EB;
        ulong moved = value + (((hash >> 32) * size) >> 32);
        return (uint)(moved >= size ? moved - size : moved);
    }
}
