using Glossa.Models.Building;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Optimization.Sharing;

/// <summary>Weights that a file holds more than once, as exporters write a tied embedding, are stored once; a transposed copy is read through Transpose, which the runtime does when it loads the model.</summary>
internal static class SharingPass
{
    /// <summary>Rewrites the graph; gives the number of tensors that went.</summary>
    public static int Apply(OptimizationContext context)
    {
        GraphProto graph = context.Graph;
        TensorProto[] weights = [.. graph.Initializer.Where(t => t.DataType == (int)DataType.Float && t.Dims.Count > 0)];
        Dictionary<string, (TensorProto First, int[]? Permutation)> ties = ParameterTies.Find(weights);
        if (ties.Count == 0) return 0;
        GraphIndex index = new(graph);
        HashSet<string> captured = [.. graph.Node.SelectMany(GraphCleaning.Captured), .. graph.Output.Select(o => o.Name)];
        GraphBuilder builder = new(graph);
        int count = 0;
        foreach ((string twin, (TensorProto first, int[]? permutation)) in ties)
        {
            if (captured.Contains(twin)) continue;
            string source = permutation is null
                ? first.Name
                : builder.Transpose(new Value(first.Name), Array.ConvertAll(permutation, p => (long)p), twin + ".shared").Name;
            index.ReplaceUses(twin, source);
            count++;
        }
        GraphCleaning.DropUnread(graph);
        GraphCleaning.SortTopologically(graph);
        return count;
    }
}
