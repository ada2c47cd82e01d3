using Glossa.Models.Onnx;
using Glossa.Training.Engines;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Pipeline.Finetune.Batches;

/// <summary>Fills the inputs that a third party's graph declares, by their names, from rows of token ids.</summary>
internal sealed class ModelInputs
{
    private const string Past = "past_key_values";
    private readonly (string Name, DataType Type, TensorShapeProto? Shape)[] _inputs;
    private readonly int _pad;

    /// <summary>Looks at a graph's inputs.</summary>
    /// <exception cref="InputException">There is an input that nothing fills, or of another element type.</exception>
    public ModelInputs(GraphProto graph, int padId, string origin)
    {
        HashSet<string> initializers = [.. graph.Initializer.Select(i => i.Name)];
        _inputs = [.. graph.Input.Where(input => !initializers.Contains(input.Name))
            .Select(input => (input.Name, (DataType)(input.Type?.TensorType?.ElemType ?? 0), input.Type?.TensorType?.Shape))];
        _pad = padId;
        if (_inputs.All(input => input.Name != MicroBatch.InputIds)) throw new InputException("the graph has no input 'input_ids'", origin, "export the model with the names of Hugging Face's exporters");
        foreach ((string name, DataType type, TensorShapeProto? shape) in _inputs)
        {
            bool known = name is MicroBatch.InputIds or MicroBatch.AttentionMask or "token_type_ids" or "position_ids" or "cache_position" or "use_cache_branch" || IsPast(name);
            if (!known) throw new InputException($"the graph takes the input '{name}', which nothing fills", origin, "export the model without it");
            if (type is not (DataType.Int64 or DataType.Int32 or DataType.Bool or DataType.Float))
                throw new InputException($"the graph takes the input '{name}' as {type}", origin, "export the model in float32 with int64 ids");
            if (IsPast(name) && shape is not { Dim.Count: 4 }) throw new InputException($"the cache input '{name}' has no shape of four dimensions", origin, "export the model without past_key_values");
        }
    }

    /// <summary>The inputs of a batch of rows, padded on the right to <paramref name="length"/>.</summary>
    public List<BatchInput> Fill(IReadOnlyList<int[]> rows, int length) => [.. _inputs.Select(input => Fill(input.Name, input.Type, input.Shape, rows, length))];

    private BatchInput Fill(string name, DataType type, TensorShapeProto? shape, IReadOnlyList<int[]> rows, int length)
    {
        if (IsPast(name)) return EmptyPast(name, type, shape!, rows.Count);
        if (name == "use_cache_branch") return Typed(name, type, [0], 1);
        if (name == "cache_position") return Typed(name, type, [.. Enumerable.Range(0, length).Select(i => (long)i)], length);
        long[] cells = new long[rows.Count * length];
        for (int row = 0; row < rows.Count; row++)
        {
            Span<long> target = cells.AsSpan(row * length, length);
            for (int i = 0; i < length; i++)
            {
                target[i] = name switch
                {
                    MicroBatch.InputIds => i < rows[row].Length ? rows[row][i] : _pad,
                    MicroBatch.AttentionMask => i < rows[row].Length ? 1 : 0,
                    "position_ids" => i,
                    _ => 0,
                };
            }
        }
        return Typed(name, type, cells, rows.Count, length);
    }

    private static BatchInput EmptyPast(string name, DataType type, TensorShapeProto shape, int rows)
    {
        long[] dims = [.. shape.Dim.Select((dim, i) => i == 0 ? rows : dim.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && i != 2 ? dim.DimValue : 0)];
        return Typed(name, type, [], dims);
    }

    private static BatchInput Typed(string name, DataType type, long[] values, params ReadOnlySpan<long> shape) => type switch
    {
        DataType.Int64 => BatchInput.Of(name, values, shape),
        DataType.Int32 => BatchInput.Of(name, Array.ConvertAll(values, value => (int)value), shape),
        DataType.Bool => BatchInput.Of(name, Array.ConvertAll(values, value => value != 0), shape),
        _ => BatchInput.Of(name, Array.ConvertAll(values, value => (float)value), shape),
    };

    private static bool IsPast(string name) => name.StartsWith(Past, StringComparison.Ordinal);
}
