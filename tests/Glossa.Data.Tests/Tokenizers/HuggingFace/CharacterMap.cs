using System.Buffers.Binary;
using System.Text;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Writes a character map as sentencepiece does: a double array over UTF-8, then the texts.</summary>
internal static class CharacterMap
{
    public static byte[] Of(params (string From, string To)[] entries)
    {
        List<byte> texts = [];
        SortedDictionary<string, int> places = new(StringComparer.Ordinal);
        foreach ((string from, string to) in entries)
        {
            places.Add(Convert.ToHexString(Encoding.UTF8.GetBytes(from)), texts.Count);
            texts.AddRange([.. Encoding.UTF8.GetBytes(to), 0]);
        }
        uint[] units = new uint[1 << 16];
        int free = 256;
        Place(units, 0, "", places, ref free);
        int count = free + 256;
        byte[] map = new byte[4 + (count * 4) + texts.Count];
        BinaryPrimitives.WriteUInt32LittleEndian(map, (uint)count * 4);
        for (int i = 0; i < count; i++) BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + (i * 4)), units[i]);
        texts.CopyTo(map, 4 + (count * 4));
        return map;
    }

    /// <summary>Every node's children get a block of 256 units of their own.</summary>
    private static void Place(uint[] units, int node, string prefix, SortedDictionary<string, int> places, ref int free)
    {
        int block = free;
        free += 256;
        units[node] |= (uint)(node ^ block) << 10;
        if (places.TryGetValue(prefix, out int text))
        {
            units[node] |= 1 << 8;
            units[block] = 0x80000000 | (uint)text;
        }
        string[] next = [.. places.Keys.Where(key => key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => key[..(prefix.Length + 2)]).Distinct()];
        foreach (string key in next)
        {
            byte label = Convert.ToByte(key[^2..], 16);
            units[block ^ label] = label;
            Place(units, block ^ label, key, places, ref free);
        }
    }
}
