using Glossa.Models.Onnx;

namespace Glossa.Benchmarks;

/// <summary>The parameters of an exported BERT encoder under the names that its framework gives them.</summary>
internal static class BertNames
{
    private static readonly string[] Matrices = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"];

    /// <summary>Exporters keep the names of vectors and embeddings and give matrices names of their own: six a layer, in the order of use.</summary>
    public static List<(string Theirs, string Ours)> Of(GraphProto graph, int layers)
    {
        HashSet<string> initializers = [.. graph.Initializer.Select(initializer => initializer.Name)];
        List<(string, string)> names = [.. graph.Initializer.Select(i => i.Name).Where(name => name.StartsWith("bert.", StringComparison.Ordinal)).Select(name => (name, name))];
        string[] used = [.. graph.Node.Where(n => n.OpType == "MatMul" && initializers.Contains(n.Input[1])).Select(n => n.Input[1])];
        if (used.Length < layers * Matrices.Length) throw new InputException($"the graph has no {layers} BERT layers", fix: "give the whole encoder, minilm-full");
        for (int i = 0; i < layers * Matrices.Length; i++)
            names.Add((used[i], $"bert.encoder.layer.{i / Matrices.Length}.{Matrices[i % Matrices.Length]}.weight"));
        return names;
    }
}
