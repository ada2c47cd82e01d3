using System.Globalization;
using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;

namespace Glossa.Training.Kernels.Rows;

/// <summary>Writes groups of elementwise nodes and sums as <see cref="RowProgramKernel"/>s.</summary>
internal static class RowLowering
{
    /// <summary>Rewrites a graph of known shapes, whose nodes stand in topological order before and after.</summary>
    public static void Apply(GraphProto graph, ShapeMap shapes)
    {
        GeluSlopes.Apply(graph, shapes);
        HashSet<string> given = [.. graph.Output.Select(output => output.Name)];
        int number = 0;
        foreach (RowGroup group in RowGroups.Find(graph, shapes).Where(group => group.Nodes.Count > 1 || RowOperations.IsWhole(group.Nodes[0])))
        {
            if (Write(group, shapes, new GraphIndex(graph), given) is not { } node) continue;
            node.Name = "rows." + (number++).ToString(CultureInfo.InvariantCulture);
            foreach (NodeProto replaced in group.Nodes) graph.Node.Remove(replaced);
            graph.Node.Add(node);
        }
        GraphCleaning.SortTopologically(graph);
    }

    private static NodeProto? Write(RowGroup group, ShapeMap shapes, GraphIndex index, HashSet<string> given)
    {
        HashSet<NodeProto> members = new(group.Nodes, ReferenceEqualityComparer.Instance);
        HashSet<string> made = [.. group.Nodes.Select(node => node.Output[0])];
        string[] inputs = [.. group.Nodes.SelectMany(RowOperations.Operands).Where(input => !made.Contains(input)).Distinct()];
        RowKind[] kinds = [.. inputs.Select(input => RowGroups.KindOf(shapes.Shape(input), group.Shape)!.Value)];
        if (!kinds.Contains(RowKind.Full)) return null;
        Dictionary<string, int> registers = inputs.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        List<long> code = [];
        foreach (NodeProto node in group.Nodes)
        {
            int[] operands = [.. RowOperations.Operands(node).Select(operand => registers[operand])];
            code.AddRange([(long)RowOperations.Of(node, shapes)!.Value, operands[0], operands[^1]]);
            registers[node.Output[0]] = registers.Count;
        }
        string[] outputs = [.. group.Nodes.Select(node => node.Output[0]).Where(output => given.Contains(output) || index.Consumers(output).Any(reader => !members.Contains(reader)))];
        NodeProto result = new() { OpType = RowProgramKernel.Operator.Name, Domain = KernelOperators.Domain };
        result.Input.Add(inputs);
        result.Output.Add(outputs);
        result.Attribute.Add(OnnxFactory.Attribute("kinds", [.. kinds.Select(kind => (long)kind)]));
        result.Attribute.Add(OnnxFactory.Attribute("code", code.ToArray()));
        result.Attribute.Add(OnnxFactory.Attribute("outputs", [.. outputs.Select(output => (long)registers[output])]));
        return result;
    }
}
