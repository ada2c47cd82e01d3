using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>Small graphs to import, and what a test asks of them.</summary>
internal static class ImportGraphs
{
    /// <summary>A model around a graph that <paramref name="build"/> makes from the input <c>x</c> float [batch, 4].</summary>
    internal static ModelProto Model(Func<GraphBuilder, Value, Value> build, long opset = 21)
    {
        ModelProto model = new() { IrVersion = 10, Graph = new GraphProto { Name = "test" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        GraphBuilder g = new(model.Graph);
        Value y = build(g, g.Input("x", DataType.Float, "batch", 4));
        model.Graph.Output.Add(new ValueInfoProto { Name = y.Name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } });
        return model;
    }

    /// <summary>x W + b, rounded off: the smallest model with parameters.</summary>
    internal static ModelProto Linear() => Model((g, x) => g.Add(g.MatMul(x, g.Weight("layer.weight", 4, 4)), g.Weight("layer.bias", 4), "y"));

    /// <summary>A float initializer of irregular values that depend on its name.</summary>
    internal static Value Weight(this GraphBuilder g, string name, params long[] shape) => g.Initializer(OnnxFactory.Tensor(name, shape, Values(name, shape)));

    internal static float[] Values(string name, params long[] shape)
    {
        SeededRandom random = new(1, (ulong)name.Sum(c => c));
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
        return values;
    }

    internal static ImportedModel Import(this ModelProto model, ImportOptions? options = null) => ModelImport.Prepare(model, options ?? new ImportOptions());

    internal static string[] Names(this ImportedModel model) => [.. model.Parameters.Select(p => p.Name)];

    /// <summary>The first output in ONNX Runtime for the input <c>x</c> of irregular values.</summary>
    internal static float[] Run(ModelProto model, int batch = 3)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        using InferenceSession session = new(model.ToByteArray(), options);
        Dictionary<string, OrtValue> feeds = [];
        if (session.InputNames.Contains("x"))
        {
            feeds["x"] = session.InputMetadata["x"].ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16
                ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(Values("x", batch, 4), v => (Float16)v), [batch, 4])
                : OrtValue.CreateTensorValueFromMemory(Values("x", batch, 4), [batch, 4]);
        }
        if (session.InputNames.Contains("ids")) feeds["ids"] = OrtValue.CreateTensorValueFromMemory<long>([0, 3, 2], [3]);
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, feeds, [session.OutputNames[0]]);
        return outputs[0].GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float16
            ? Array.ConvertAll(outputs[0].GetTensorDataAsSpan<Float16>().ToArray(), v => (float)v)
            : outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Both compute the same bits.</summary>
    internal static void AssertSame(ModelProto a, ModelProto b, double within = 0)
    {
        float[] x = Run(a), y = Run(b);
        Assert.That(y, within == 0 ? Is.EqualTo(x) : Is.EqualTo(x).Within(within));
    }

    /// <summary>The import fails with one line that has all of these words.</summary>
    internal static void AssertRefused(Action import, params string[] words)
    {
        InputException error = Assert.Throws<InputException>(() => import())!;
        Assert.That(error.Message, Does.Not.Contain('\n'));
        foreach (string word in words) Assert.That(error.Message, Does.Contain(word));
    }

    /// <summary>Every parameter changed, written back into a model.</summary>
    internal static ModelProto Changed(ImportedModel model, Func<float, float> change)
    {
        Dictionary<string, TensorProto> tensors = model.Forward.Graph.Initializer.ToDictionary(t => t.Name);
        return TrainedWeights.WriteBack(model, model.Parameters.ToDictionary(
            p => p.Name, p => (ReadOnlyMemory<float>)Array.ConvertAll(OnnxFactory.Floats(tensors[p.Name]), v => change(v))));
    }
}
