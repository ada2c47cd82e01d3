using System.Numerics;

namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>Finds all tokens that start at a place: a tree over UTF-16 units, its edges in one table of open addressing.</summary>
internal sealed class PrefixTree
{
    /// <summary>The node that walks start from.</summary>
    public const int Root = 0;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _keys;
    private readonly int[] _children;
    private readonly int[] _ids;
    private readonly int _shift;

    /// <summary>Builds the tree.</summary>
    public PrefixTree(IReadOnlyDictionary<string, int> tokens)
    {
        Dictionary<ulong, int> edges = [];
        List<int> ids = [-1];
        foreach ((string token, int id) in tokens)
        {
            int node = Root;
            foreach (char c in token)
            {
                if (!edges.TryGetValue(Key(node, c), out int child))
                {
                    edges.Add(Key(node, c), child = ids.Count);
                    ids.Add(-1);
                }
                node = child;
            }
            if (node != Root) ids[node] = id;
        }
        int bits = Math.Max(4, BitOperations.Log2((uint)edges.Count + 1) + 2);
        _shift = 64 - bits;
        _keys = new ulong[1 << bits];
        _children = new int[1 << bits];
        Array.Fill(_keys, Empty);
        foreach ((ulong key, int child) in edges)
        {
            int slot = Slot(key);
            while (_keys[slot] != Empty) slot = (slot + 1) & (_keys.Length - 1);
            (_keys[slot], _children[slot]) = (key, child);
        }
        _ids = [.. ids];
    }

    /// <summary>The node that a unit leads to, or -1.</summary>
    public int Child(int node, char unit)
    {
        ulong key = Key(node, unit);
        ulong[] keys = _keys;
        for (int slot = Slot(key); ; slot = (slot + 1) & (keys.Length - 1))
        {
            if (keys[slot] == key) return _children[slot];
            if (keys[slot] == Empty) return -1;
        }
    }

    /// <summary>The id of the token that ends at a node, or -1.</summary>
    public int IdAt(int node) => _ids[node];

    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> _shift);

    private static ulong Key(int node, char unit) => ((ulong)(uint)node << 16) | unit;
}
