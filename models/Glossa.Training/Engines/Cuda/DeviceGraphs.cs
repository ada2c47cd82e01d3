using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Microsoft.ML.OnnxRuntime.Tensors;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Engines.Cuda;

/// <summary>Small graphs by which a device's memory is copied and cleared: the runtime's kernels are the only ones that are sure to be there.</summary>
internal static class DeviceGraphs
{
    /// <summary>Names of a copy's input and output.</summary>
    public const string From = "from", To = "to";

    /// <summary>Copies a tensor of one axis or of any shape.</summary>
    public static ModelProto Copy(TensorElementType type)
    {
        GraphProto graph = new() { Name = "copy" };
        DataType element = (DataType)type;
        graph.Input.Add(Shapeless(From, element));
        graph.Output.Add(Shapeless(To, element));
        NodeProto node = new() { OpType = "Identity", Name = To };
        node.Input.Add(From);
        node.Output.Add(To);
        graph.Node.Add(node);
        return Model(graph);
    }

    /// <summary>Fills <paramref name="floats"/> floats with zeros.</summary>
    public static ModelProto Zeros(int floats)
    {
        GraphBuilder g = new(new GraphProto { Name = "zeros" });
        g.Output(g.Op("ConstantOfShape", [g.Ints(floats)], To), DataType.Float, floats);
        return Model(g.Graph);
    }

    private static ValueInfoProto Shapeless(string name, DataType type) => new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } } };

    private static ModelProto Model(GraphProto graph)
    {
        ModelProto model = new() { IrVersion = 8, Graph = graph, ProducerName = "glossa" };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return model;
    }
}
