using Glossa.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Evaluation;

/// <summary>Runs a graph in ONNX Runtime (float32, one thread, no optimization), with the same tensors as <see cref="DoubleEvaluator"/>.</summary>
public static class RuntimeEvaluator
{
    public static IReadOnlyDictionary<string, DoubleTensor> Run(
        GraphProto graph, IReadOnlyDictionary<string, DoubleTensor> feeds, IReadOnlyCollection<string> wanted, long opset = 21)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        using InferenceSession session = new(Model(graph, wanted, opset).ToByteArray(), options);
        return Run(session, feeds, wanted);
    }

    public static IReadOnlyDictionary<string, DoubleTensor> Run(InferenceSession session, IReadOnlyDictionary<string, DoubleTensor> feeds, IReadOnlyCollection<string> wanted)
    {
        Dictionary<string, OrtValue> inputs = feeds.Where(f => session.InputNames.Contains(f.Key)).ToDictionary(f => f.Key, f => ToOrt(f.Value));
        try
        {
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, wanted);
            return wanted.Zip(outputs).ToDictionary(p => p.First, p => FromOrt(p.Second));
        }
        finally
        {
            foreach (OrtValue value in inputs.Values) value.Dispose();
        }
    }

    public static ModelProto Model(GraphProto graph, IReadOnlyCollection<string> wanted, long opset = 21)
    {
        ModelProto model = new() { IrVersion = 10, Graph = graph.Clone() };
        if (model.Graph.Name.Length == 0) model.Graph.Name = "test";
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        model.Graph.Output.Clear();
        foreach (string name in wanted) model.Graph.Output.Add(new ValueInfoProto { Name = name });
        return model;
    }

    private static OrtValue ToOrt(DoubleTensor t)
    {
        long[] shape = Array.ConvertAll(t.Shape, d => (long)d);
        return t.Type switch
        {
            DataType.Float => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(t.Data, v => (float)v), shape),
            DataType.Double => OrtValue.CreateTensorValueFromMemory((double[])t.Data.Clone(), shape),
            DataType.Int64 => OrtValue.CreateTensorValueFromMemory(t.Longs, shape),
            DataType.Int32 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(t.Data, v => (int)v), shape),
            DataType.Uint8 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(t.Data, v => (byte)v), shape),
            DataType.Bool => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(t.Data, v => v != 0), shape),
            _ => throw new NotSupportedException($"{t.Type}"),
        };
    }

    private static DoubleTensor FromOrt(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        int[] shape = Array.ConvertAll(info.Shape, d => (int)d);
        return info.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => new(DataType.Float, shape, Array.ConvertAll(value.GetTensorDataAsSpan<float>().ToArray(), v => (double)v)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double => new(DataType.Double, shape, value.GetTensorDataAsSpan<double>().ToArray()),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => new(DataType.Int64, shape, Array.ConvertAll(value.GetTensorDataAsSpan<long>().ToArray(), v => (double)v)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => new(DataType.Int32, shape, Array.ConvertAll(value.GetTensorDataAsSpan<int>().ToArray(), v => (double)v)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Bool => new(DataType.Bool, shape, Array.ConvertAll(value.GetTensorDataAsSpan<bool>().ToArray(), v => v ? 1.0 : 0.0)),
            _ => throw new NotSupportedException($"{info.ElementDataType}"),
        };
    }
}
