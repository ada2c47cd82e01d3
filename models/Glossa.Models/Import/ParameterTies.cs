using System.Runtime.InteropServices;
using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>Finds parameters that hold the same values, in the same order or with their axes exchanged: exporters write a shared weight more than once.</summary>
internal static class ParameterTies
{
    private const int LeastDistinct = 8;

    /// <summary>For each parameter that repeats an earlier one: that one, and the permutation of its axes (null where none).</summary>
    internal static Dictionary<string, (TensorProto First, int[]? Permutation)> Find(IReadOnlyList<TensorProto> parameters)
    {
        Dictionary<string, (TensorProto, int[]?)> ties = [];
        Dictionary<(string Sizes, ulong Sum), List<TensorProto>> groups = [];
        Dictionary<int, TensorProto> places = [];
        foreach (TensorProto tensor in parameters)
        {
            ReadOnlySpan<uint> bits = MemoryMarshal.Cast<byte, uint>(TensorData.Bytes(tensor));
            // A function that is called twice brings its constants twice: one tensor of the file, whatever it holds.
            if (ModelTensors.Place(tensor) is { } place && !places.TryAdd(place, tensor) && Match(places[place], tensor) is { Permutation: null })
            {
                ties[tensor.Name] = (places[place], null);
                continue;
            }
            if (!IsDistinctive(bits)) continue;
            (string, ulong) key = (string.Join(",", tensor.Dims.Order()), Fingerprint(bits));
            if (!groups.TryGetValue(key, out List<TensorProto>? group)) groups[key] = group = [];
            foreach (TensorProto first in group)
            {
                if (Match(first, tensor) is not { } found) continue;
                ties[tensor.Name] = (first, found.Permutation);
                break;
            }
            if (!ties.ContainsKey(tensor.Name)) group.Add(tensor);
        }
        return ties;
    }

    /// <summary>True where equality is no accident: a fresh bias or gain holds one value throughout.</summary>
    private static bool IsDistinctive(ReadOnlySpan<uint> bits)
    {
        HashSet<uint> seen = [];
        foreach (uint value in bits)
        {
            if (seen.Add(value) && seen.Count >= LeastDistinct) return true;
        }
        return false;
    }

    /// <summary>A sum over mixed elements, the same for every order of them.</summary>
    private static ulong Fingerprint(ReadOnlySpan<uint> bits)
    {
        ulong sum = 0;
        foreach (uint value in bits)
        {
            ulong mixed = (value + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
            sum += mixed ^ (mixed >> 29);
        }
        return sum;
    }

    private static (int[]? Permutation, bool Found)? Match(TensorProto first, TensorProto other)
    {
        ReadOnlySpan<uint> a = MemoryMarshal.Cast<byte, uint>(TensorData.Bytes(first)), b = MemoryMarshal.Cast<byte, uint>(TensorData.Bytes(other));
        if (first.Dims.SequenceEqual(other.Dims) && a.SequenceEqual(b)) return (null, true);
        int rank = first.Dims.Count;
        if (rank is < 2 or > 4) return null;
        foreach (int[] permutation in Permutations(rank))
        {
            bool fits = permutation.Select(p => first.Dims[p]).SequenceEqual(other.Dims);
            if (fits && IsPermuted(a, b, [.. first.Dims.Select(d => (int)d)], permutation)) return (permutation, true);
        }
        return null;
    }

    private static bool IsPermuted(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, int[] shape, int[] permutation)
    {
        int rank = shape.Length;
        int[] strides = new int[rank], index = new int[rank];
        for (int i = rank - 1, stride = 1; i >= 0; stride *= shape[i], i--) strides[i] = stride;
        int place = 0;
        foreach (uint value in b)
        {
            if (a[place] != value) return false;
            for (int d = rank - 1; d >= 0; d--)
            {
                place += strides[permutation[d]];
                if (++index[d] < shape[permutation[d]]) break;
                place -= strides[permutation[d]] * shape[permutation[d]];
                index[d] = 0;
            }
        }
        return true;
    }

    /// <summary>The permutations of so many axes but for the identity, in lexicographic order.</summary>
    private static IEnumerable<int[]> Permutations(int rank)
    {
        int[] order = [.. Enumerable.Range(0, rank)];
        while (true)
        {
            int i = rank - 2;
            while (i >= 0 && order[i] > order[i + 1]) i--;
            if (i < 0) yield break;
            int j = rank - 1;
            while (order[j] < order[i]) j--;
            (order[i], order[j]) = (order[j], order[i]);
            Array.Reverse(order, i + 1, rank - i - 1);
            yield return [.. order];
        }
    }
}
