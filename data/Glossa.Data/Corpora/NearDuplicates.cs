using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>
/// Finds texts that are nearly an earlier one: their sets of character 5-grams overlap by a threshold (Jaccard), estimated by MinHash (Broder, "On the resemblance and
/// containment of documents", 1997) over candidates that share a band of the signature. The same texts in the same order give the same answer.
/// </summary>
/// <param name="threshold">Least overlap of near duplicates, above 0 and at most 1.</param>
internal sealed class NearDuplicates(double threshold)
{
    private const int Hashes = 128;
    private const int GramLength = 5;

    private static readonly uint[] Factors = Draw(1), Offsets = Draw(2);

    private readonly int _rows = RowsOf(threshold);
    private readonly List<uint[]> _signatures = [];
    private readonly Dictionary<(int Band, ulong Hash), List<int>> _bands = [];

    /// <summary>Whether a text is near one that was kept before; one that is not is kept.</summary>
    /// <param name="text">The text in UTF-8.</param>
    public bool IsNear(ReadOnlySpan<byte> text)
    {
        uint[] signature = Signature(Encoding.UTF8.GetString(text));
        (int Band, ulong Hash)[] bands = [.. Enumerable.Range(0, Hashes / _rows).Select(band => (band, XxHash3.HashToUInt64(MemoryMarshal.AsBytes(signature.AsSpan(band * _rows, _rows)))))];
        HashSet<int> compared = [];
        foreach ((int, ulong) band in bands)
        {
            if (!_bands.TryGetValue(band, out List<int>? candidates)) continue;
            foreach (int other in candidates)
                if (compared.Add(other) && Overlap(signature, _signatures[other]) >= threshold) return true;
        }
        foreach ((int, ulong) band in bands)
        {
            ref List<int>? texts = ref CollectionsMarshal.GetValueRefOrAddDefault(_bands, band, out _);
            (texts ??= []).Add(_signatures.Count);
        }
        _signatures.Add(signature);
        return false;
    }

    // The most rows of a band at which texts as alike as the threshold still share one nearly always: they do at about (1 / bands)^(1 / rows).
    private static int RowsOf(double threshold)
    {
        int rows = 1;
        while (rows < 16 && Math.Pow(2.0 * rows / Hashes, 0.5 / rows) <= threshold - 0.08) rows *= 2;
        return rows;
    }

    private static double Overlap(uint[] one, uint[] other)
    {
        int equal = 0;
        for (int i = 0; i < Hashes; i++) equal += one[i] == other[i] ? 1 : 0;
        return (double)equal / Hashes;
    }

    private static uint[] Signature(string text)
    {
        uint[] least = new uint[Hashes];
        least.AsSpan().Fill(uint.MaxValue);
        Span<Vector<uint>> minima = MemoryMarshal.Cast<uint, Vector<uint>>(least.AsSpan());
        ReadOnlySpan<Vector<uint>> factors = MemoryMarshal.Cast<uint, Vector<uint>>(Factors), offsets = MemoryMarshal.Cast<uint, Vector<uint>>(Offsets);
        for (int start = 0; start == 0 || start + GramLength <= text.Length; start++)
        {
            ReadOnlySpan<char> gram = text.AsSpan(start, Math.Min(GramLength, text.Length - start));
            Vector<uint> hash = new((uint)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(gram)));
            for (int i = 0; i < minima.Length; i++) minima[i] = Vector.Min(minima[i], hash * factors[i] + offsets[i]);
        }
        return least;
    }

    private static uint[] Draw(ulong stream)
    {
        SeededRandom random = new(0x9E37_79B9, stream);
        // Odd factors, so that no two grams of different hashes fall together.
        return [.. Enumerable.Range(0, Hashes).Select(_ => (uint)random.NextUInt64() | 1)];
    }
}
