using Glossa.Models.Adapters;

namespace Glossa.Training.Deltas;

/// <summary>Differences of single weights of a tensor.</summary>
/// <param name="Length">Elements of the tensor.</param>
/// <param name="Indices">Flat positions, ascending.</param>
/// <param name="Values">What is added at each.</param>
public sealed record SparseChange(int Length, int[] Indices, float[] Values);

/// <summary>A low-rank difference of a matrix.</summary>
/// <param name="Adapter">Shapes and scale.</param>
/// <param name="Left">[rows, rank].</param>
/// <param name="Right">[rank, columns].</param>
public sealed record LowRankChange(LoraAdapter Adapter, float[] Left, float[] Right);

/// <summary>A tensor that the base model does not have.</summary>
/// <param name="Shape">Dimensions.</param>
/// <param name="Data">Elements.</param>
public sealed record NewTensor(long[] Shape, float[] Data);

/// <summary>
/// What a fine-tuning changed of a base model, small enough to ship alone: sparse and low-rank differences, which add up with those of other
/// fine-tunings of the same base, and tensors made new, such as a head.
/// </summary>
public sealed record ModelDelta
{
    /// <summary>Sparse differences by initializer.</summary>
    public IReadOnlyDictionary<string, SparseChange> Sparse { get; init; } = new Dictionary<string, SparseChange>();

    /// <summary>Low-rank differences by initializer.</summary>
    public IReadOnlyDictionary<string, LowRankChange> LowRank { get; init; } = new Dictionary<string, LowRankChange>();

    /// <summary>New tensors by name.</summary>
    public IReadOnlyDictionary<string, NewTensor> New { get; init; } = new Dictionary<string, NewTensor>();

    /// <summary>Hash of the changed tensors as the base model has them (<see cref="HashOf"/>): a delta means nothing on any other values.</summary>
    public required string Base { get; init; }

    /// <summary>What the fine-tuning says about its task, as JSON.</summary>
    public string Task { get; init; } = "{}";

    /// <summary>Names of the tensors that the delta changes, in ordinal order.</summary>
    public IEnumerable<string> Changed => Sparse.Keys.Union(LowRank.Keys).Order(StringComparer.Ordinal);

    /// <summary>Adds the differences of a tensor, if there are any.</summary>
    /// <exception cref="InputException">The tensor has another size.</exception>
    public void AddTo(string name, Span<float> weight)
    {
        if (Sparse.TryGetValue(name, out SparseChange? sparse))
        {
            if (weight.Length != sparse.Length) throw WrongSize(name, sparse.Length, weight.Length);
            for (int i = 0; i < sparse.Indices.Length; i++) weight[sparse.Indices[i]] += sparse.Values[i];
        }
        if (LowRank.TryGetValue(name, out LowRankChange? lowRank))
        {
            if (weight.Length != (long)lowRank.Adapter.Rows * lowRank.Adapter.Columns) throw WrongSize(name, lowRank.Adapter.Rows * lowRank.Adapter.Columns, weight.Length);
            lowRank.Adapter.AddTo(weight, lowRank.Left, lowRank.Right);
        }
    }

    /// <summary>A hash of tensors' names and values.</summary>
    public static string HashOf(IEnumerable<string> names, Func<string, ReadOnlyMemory<float>> values)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(values);
        using System.Security.Cryptography.IncrementalHash hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name + "\n"));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values(name).Span));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static InputException WrongSize(string name, int expected, int found) =>
        new($"the delta changes a tensor '{name}' of {expected} elements, the model's has {found}", fix: "apply it to the model that it was made from");
}
