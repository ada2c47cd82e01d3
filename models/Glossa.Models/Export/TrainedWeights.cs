using System.Runtime.InteropServices;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Export;

/// <summary>Writes trained values back into the graph that a model was imported from.</summary>
public static class TrainedWeights
{
    /// <summary>
    /// A copy of the original graph with other weights: same nodes, names and element types, twins of a parameter written with it. A weight that is behind
    /// DequantizeLinear and changed becomes a float32 initializer in place of the node. A parameter whose values are those of the file is left as it is, to the bit.
    /// </summary>
    /// <param name="model">The imported model.</param>
    /// <param name="values">Values by parameter name, in the parameter's layout; a parameter without an entry keeps its values.</param>
    /// <param name="repair">Whether to make the repairs that <see cref="ImportedModel.Notes"/> name in the result too, so that ONNX Runtime takes it; else only weights differ.</param>
    /// <exception cref="ArgumentException">A name is no parameter, or values have another length than it.</exception>
    public static ModelProto WriteBack(ImportedModel model, IReadOnlyDictionary<string, ReadOnlyMemory<float>> values, bool repair = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(values);
        Dictionary<string, TensorProto> before = model.Forward.Graph.Initializer.ToDictionary(t => t.Name);
        ModelProto copy = model.Original.Clone();
        TensorProto[] tensors = [.. ModelTensors.All(copy).Select(t => t.Tensor)];
        Dictionary<string, TensorProto> initializers = copy.Graph.Initializer.ToDictionary(t => t.Name);
        HashSet<string> known = [.. model.Parameters.Select(p => p.Name)];
        if (values.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown) throw new ArgumentException($"the model has no parameter '{unknown}'", nameof(values));
        Dictionary<string, TensorProto> dequantized = [];
        foreach (ImportedParameter parameter in model.Parameters)
        {
            if (!values.TryGetValue(parameter.Name, out ReadOnlyMemory<float> value)) continue;
            long count = parameter.Shape.Aggregate(1L, (a, b) => a * b);
            if (value.Length != count) throw new ArgumentException($"parameter '{parameter.Name}' has {count} elements, not {value.Length}", nameof(values));
            if (before.TryGetValue(parameter.Name, out TensorProto? old) && MemoryMarshal.AsBytes(value.Span).SequenceEqual(TensorData.Bytes(old))) continue;
            Put(parameter.Name, parameter.Source, [.. parameter.Shape], value.ToArray());
            foreach (ParameterTwin twin in parameter.Twins)
            {
                (long[] shape, float[] permuted) = Permuted([.. parameter.Shape], value.Span, twin.Permutation);
                Put(twin.Name, twin.Source, shape, permuted);
            }
        }
        if (dequantized.Count > 0) ReplaceDequantized(copy.Graph, dequantized);
        if (repair) RuntimeRepairs.Apply(copy.Graph, []);
        return copy;

        void Put(string name, ParameterSource? source, long[] shape, float[] data)
        {
            if (source?.QuantizedNode is { } output) dequantized[output] = OnnxFactory.Tensor(name, shape, data);
            else TensorData.SetFloats(source is null ? initializers[name] : tensors[source.Place], data);
        }
    }

    private static (long[] Shape, float[] Values) Permuted(long[] shape, ReadOnlySpan<float> values, IReadOnlyList<int>? permutation)
    {
        if (permutation is null) return (shape, values.ToArray());
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; stride *= shape[i], i--) strides[i] = stride;
        long[] result = [.. permutation.Select(p => shape[p])];
        float[] permuted = new float[values.Length];
        for (int i = 0; i < permuted.Length; i++)
        {
            long rest = i, place = 0;
            for (int d = result.Length - 1; d >= 0; d--)
            {
                place += rest % result[d] * strides[permutation[d]];
                rest /= result[d];
            }
            permuted[i] = values[(int)place];
        }
        return (result, permuted);
    }

    /// <summary>Rewrites the nodes that read codes to read the float weights given by the nodes' outputs.</summary>
    private static void ReplaceDequantized(GraphProto graph, Dictionary<string, TensorProto> weights)
    {
        HashSet<string> unread = [];
        // The graph goes on in the type of the scales.
        Dictionary<string, DataType> types = graph.Initializer.ToDictionary(t => t.Name, t => (DataType)t.DataType);
        foreach (NodeProto node in graph.Node.Where(n => n.OpType == "Constant"))
        {
            if (node.Find("value")?.T is { } tensor) types[node.Out(0)] = (DataType)tensor.DataType;
        }
        NodeProto[] nodes = [.. graph.Node];
        graph.Node.Clear();
        int replaced = 0;
        foreach (NodeProto node in nodes)
        {
            if (!weights.TryGetValue(node.Out(0), out TensorProto? weight))
            {
                graph.Node.Add(node);
                continue;
            }
            if (types.TryGetValue(QuantizedNodes.Scales(node), out DataType type) && type != DataType.Float) weights[node.Out(0)] = InType(weight, type);
            graph.Node.AddRange(QuantizedNodes.Rewritten(node, weight.Name));
            unread.UnionWith(node.Input);
            replaced++;
        }
        if (replaced != weights.Count)
            throw new WorkException("a quantized weight inside a function or branch cannot be written back", fix: "freeze it, or export the model without local functions");
        // Codes, scales and zero points that nothing reads any more.
        unread.ExceptWith(ModelTensors.Reads(graph));
        TensorProto[] initializers = [.. graph.Initializer.Where(t => !unread.Contains(t.Name))];
        graph.Initializer.Clear();
        graph.Initializer.AddRange(initializers);
        graph.Initializer.AddRange(weights.Values);
    }

    private static TensorProto InType(TensorProto weight, DataType type)
    {
        TensorProto copy = weight.Clone();
        copy.DataType = (int)type;
        TensorData.SetFloats(copy, TensorData.FloatSpan(weight));
        return copy;
    }
}
