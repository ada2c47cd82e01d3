using Glossa.Models.Building;
using Glossa.Models.Onnx;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Models.Adapters;

/// <summary>A lookup in a stored table, such as an embedding's.</summary>
/// <param name="Node">The Gather.</param>
/// <param name="Weight">The table's initializer.</param>
/// <param name="Rows">Rows of the table.</param>
/// <param name="Columns">Columns of the table.</param>
internal sealed record LookupTable(NodeProto Node, string Weight, long Rows, long Columns)
{
    /// <summary>Every lookup of a graph in a table of which nothing but rows are read, in the order of its nodes.</summary>
    public static IEnumerable<LookupTable> In(GraphProto graph)
    {
        GraphIndex index = new(graph);
        foreach (NodeProto node in graph.Node.ToArray())
        {
            if (!IsLookup(node) || index.Initializer(node.Input[0]) is not { Dims.Count: 2, DataType: (int)DataType.Float } table) continue;
            if (index.Consumers(table.Name).All(reader => IsLookup(reader) && reader.Input[0] == table.Name)) yield return new LookupTable(node, table.Name, table.Dims[0], table.Dims[1]);
        }
    }

    private static bool IsLookup(NodeProto node) => node is { OpType: "Gather", Domain: "" or "ai.onnx" } && GraphIndex.IntAttribute(node, "axis", 0) is 0 or -2;
}
