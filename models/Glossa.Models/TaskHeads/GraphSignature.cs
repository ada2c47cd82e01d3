using Glossa.Models.Onnx;

namespace Glossa.Models.TaskHeads;

/// <summary>What the inputs and outputs of a forward graph say about it.</summary>
internal static class GraphSignature
{
    /// <summary>The declared dimensions of a value; null where the graph declares none.</summary>
    public static IReadOnlyList<TensorShapeProto.Types.Dimension>? Shape(ValueInfoProto value) => value.Type?.TensorType?.Shape?.Dim;

    /// <summary>Number of dimensions; -1 where it is not declared.</summary>
    public static int Rank(ValueInfoProto value) => Shape(value)?.Count ?? -1;

    /// <summary>The last dimension where it is a number.</summary>
    public static long? Width(ValueInfoProto value) =>
        Shape(value) is [.., { ValueCase: TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue } last] ? last.DimValue : null;

    /// <summary>The output of that name, or null.</summary>
    public static ValueInfoProto? Output(GraphProto graph, string name) => graph.Output.FirstOrDefault(output => output.Name == name);

    /// <summary>The input of that name, or null.</summary>
    public static ValueInfoProto? Input(GraphProto graph, string name) => graph.Input.FirstOrDefault(input => input.Name == name);

    /// <summary>Declares a value as the only output: rows of the batch axis that <c>input_ids</c> declares.</summary>
    public static void SetOutput(GraphProto graph, string name, long width)
    {
        object batch = graph.Input.Count > 0 && Shape(graph.Input[0]) is [{ DimParam.Length: > 0 } first, ..] ? first.DimParam : "batch_size";
        graph.Output.Clear();
        graph.Output.Add(OnnxFactory.ValueInfo(name, TensorProto.Types.DataType.Float, batch, width));
    }
}
