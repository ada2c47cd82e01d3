using System.Globalization;
using Glossa.Models.Adapters;
using Glossa.Training.Safetensors;

namespace Glossa.Training.Deltas;

/// <summary>
/// A delta as a safetensors file: <c>sparse/NAME.index</c> (int32) and <c>sparse/NAME.value</c>, <c>lora/NAME.left</c> and <c>lora/NAME.right</c>,
/// <c>new/NAME</c>; lengths, scales, task and the base's hash stand in the metadata.
/// </summary>
public static class DeltaFile
{
    /// <summary>Usual name of the file.</summary>
    public const string Name = "delta.safetensors";

    private const string FormatKey = "glossa.delta", Version = "1", BaseKey = "base", TaskKey = "task";
    private const string Sparse = "sparse/", LowRank = "lora/", New = "new/", Index = ".index", Value = ".value", Left = ".left", Right = ".right", Length = ".length", Scale = ".scale";

    /// <summary>Writes a delta atomically.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, ModelDelta delta)
    {
        ArgumentNullException.ThrowIfNull(delta);
        List<SafetensorsTensor> tensors = [];
        List<KeyValuePair<string, string>> metadata = [new(FormatKey, Version), new(BaseKey, delta.Base), new(TaskKey, delta.Task)];
        foreach ((string name, SparseChange change) in delta.Sparse.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            metadata.Add(new(Sparse + name + Length, change.Length.ToString(CultureInfo.InvariantCulture)));
            tensors.Add(SafetensorsTensor.Int32s(Sparse + name + Index, [change.Indices.Length], change.Indices));
            tensors.Add(SafetensorsTensor.Floats(Sparse + name + Value, [change.Values.Length], change.Values));
        }
        foreach ((string name, LowRankChange change) in delta.LowRank.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            metadata.Add(new(LowRank + name + Scale, change.Adapter.Scale.ToString("R", CultureInfo.InvariantCulture)));
            tensors.Add(SafetensorsTensor.Floats(LowRank + name + Left, [change.Adapter.Rows, change.Adapter.Rank], change.Left));
            tensors.Add(SafetensorsTensor.Floats(LowRank + name + Right, [change.Adapter.Rank, change.Adapter.Columns], change.Right));
        }
        foreach ((string name, NewTensor tensor) in delta.New.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            tensors.Add(SafetensorsTensor.Floats(New + name, tensor.Shape, tensor.Data));
        SafetensorsWriter.WriteFile(path, tensors, metadata);
    }

    /// <summary>Reads a delta and checks it.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or no delta.</exception>
    public static ModelDelta Read(string path)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        if (!reader.Metadata.TryGetValue(FormatKey, out string? version)) throw Damaged(path, "the file is no delta of a model");
        if (version != Version) throw new InputException($"the delta has format version {version}, this program reads {Version}", path, "use the program that wrote it");
        Dictionary<string, SparseChange> sparse = [];
        Dictionary<string, LowRankChange> lowRank = [];
        Dictionary<string, NewTensor> added = [];
        foreach (SafetensorsEntry entry in reader.Entries)
        {
            if (Between(entry.Name, Sparse, Index) is { } thin) sparse[thin] = ReadSparse(reader, thin, path);
            else if (Between(entry.Name, LowRank, Left) is { } narrow) lowRank[narrow] = ReadLowRank(reader, narrow, path);
            else if (Between(entry.Name, New, "") is { } name) added[name] = new NewTensor(entry.Shape, reader.ReadFloats(entry.Name));
        }
        return new ModelDelta
        {
            Sparse = sparse,
            LowRank = lowRank,
            New = added,
            Base = Text(reader, BaseKey, path),
            Task = Text(reader, TaskKey, path),
        };
    }

    private static SparseChange ReadSparse(SafetensorsReader reader, string name, string path)
    {
        int[] indices = reader.ReadInt32s(Sparse + name + Index);
        float[] values = reader.ReadFloats(Sparse + name + Value);
        int length = int.TryParse(Text(reader, Sparse + name + Length, path), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
        for (int i = 0; i < indices.Length; i++)
            if (indices[i] < 0 || indices[i] >= length || (i > 0 && indices[i] <= indices[i - 1])) throw Damaged(path, $"the indices of '{name}' are not ascending inside its {length} elements");
        if (values.Length != indices.Length) throw Damaged(path, $"'{name}' has {indices.Length} indices and {values.Length} values");
        return new SparseChange(length, indices, values);
    }

    private static LowRankChange ReadLowRank(SafetensorsReader reader, string name, string path)
    {
        IReadOnlyList<long> left = reader.Entry(LowRank + name + Left).Shape, right = reader.Entry(LowRank + name + Right).Shape;
        if (left.Count != 2 || right.Count != 2 || left[1] != right[0] || left[0] > int.MaxValue || right[1] > int.MaxValue)
            throw Damaged(path, $"the factors of '{name}' have the shapes [{string.Join(", ", left)}] and [{string.Join(", ", right)}]");
        if (!float.TryParse(Text(reader, LowRank + name + Scale, path), NumberStyles.Float, CultureInfo.InvariantCulture, out float scale) || !float.IsFinite(scale))
            throw Damaged(path, $"the scale of '{name}' is no number");
        LoraAdapter adapter = new(name, (int)left[0], (int)right[1], name + LoraGraph.RandomSuffix, name + LoraGraph.ZeroSuffix, (int)left[1], scale);
        return new LowRankChange(adapter, reader.ReadFloats(LowRank + name + Left), reader.ReadFloats(LowRank + name + Right));
    }

    private static string? Between(string text, string start, string end) =>
        text.StartsWith(start, StringComparison.Ordinal) && text.EndsWith(end, StringComparison.Ordinal) ? text[start.Length..^end.Length] : null;

    private static string Text(SafetensorsReader reader, string key, string path) => reader.Metadata.TryGetValue(key, out string? value)
        ? value
        : throw Damaged(path, $"its metadata have no '{key}'");

    private static InputException Damaged(string path, string what) => new(what, path, "copy it again, or make it again with `glossa finetune`");
}
