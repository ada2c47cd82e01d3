using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Adapters;

/// <summary>A product with a stored matrix.</summary>
/// <param name="Node">The MatMul or Gemm.</param>
/// <param name="Weight">The matrix's initializer.</param>
/// <param name="Rows">Rows of the matrix as it is stored.</param>
/// <param name="Columns">Columns of the matrix as it is stored.</param>
/// <param name="Transposed">Whether the product reads it transposed.</param>
/// <param name="Alpha">What a Gemm multiplies the product by.</param>
internal sealed record LinearLayer(NodeProto Node, string Weight, long Rows, long Columns, bool Transposed, float Alpha)
{
    /// <summary>
    /// Every linear layer of a graph whose matrix is read by linear layers alone, in the order of its nodes: a change of an embedding that is the head as well would
    /// have to reach its rows too.
    /// </summary>
    public static IEnumerable<LinearLayer> In(GraphProto graph)
    {
        GraphIndex index = new(graph);
        return All(graph, index).Where(layer => IsReadByProductsAlone(index, layer.Weight));
    }

    private static IEnumerable<LinearLayer> All(GraphProto graph, GraphIndex index)
    {
        foreach (NodeProto node in graph.Node.ToArray())
        {
            if (node is not { OpType: "MatMul" or "Gemm", Domain: "" or "ai.onnx" }) continue;
            bool transposed = GraphIndex.IntAttribute(node, "transB", 0) != 0;
            string value = node.Input[1];
            // Tied weights are read through Identity and Transpose.
            while (index.Producer(value) is { OpType: "Identity" or "Transpose" } view)
            {
                if (view.OpType == "Transpose") transposed = !transposed;
                value = view.Input[0];
            }
            if (index.Initializer(value) is not { Dims.Count: 2, DataType: (int)DataType.Float } matrix) continue;
            yield return new LinearLayer(node, value, matrix.Dims[0], matrix.Dims[1], transposed, node.Attribute.FirstOrDefault(a => a.Name == "alpha")?.F ?? 1);
        }
    }

    private static bool IsReadByProductsAlone(GraphIndex index, string value) => index.Consumers(value).All(reader => reader switch
    {
        { OpType: "MatMul" or "Gemm", Domain: "" or "ai.onnx" } => reader.Input[1] == value && reader.Input[0] != value,
        { OpType: "Identity" or "Transpose" } => IsReadByProductsAlone(index, reader.Output[0]),
        _ => false,
    });
}
