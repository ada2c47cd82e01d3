using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Microsoft.ML.OnnxRuntime;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Quantization;

/// <summary>Calibration samples for the input x, [rows, width] each.</summary>
internal sealed class Samples(int width, params float[][] values) : ICalibrationSource
{
    public IEnumerable<IReadOnlyDictionary<string, float[]>> Run(ModelProto probe)
    {
        using InferenceSession session = Runtime.Open(probe);
        using RunOptions run = new();
        foreach (float[] value in values)
        {
            using OrtValue input = Runtime.Of(value, value.Length / width, width);
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, new Dictionary<string, OrtValue> { ["x"] = input }, session.OutputNames);
            yield return session.OutputNames.Zip(outputs).ToDictionary(p => p.First, p => p.Second.GetTensorDataAsSpan<float>().ToArray());
        }
    }

    /// <summary>Activations of few directions, so that channels are correlated, with one channel of outliers.</summary>
    public static float[] Correlated(int rows, int width, ulong seed, float outlier = 1)
    {
        float[] mixing = Runtime.Normal(8 * width, 99), sources = Runtime.Normal(rows * 8, seed), noise = Runtime.Normal(rows * width, seed + 1), x = new float[rows * width];
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < width; k++)
            {
                for (int s = 0; s < 8; s++) x[row * width + k] += sources[row * 8 + s] * mixing[s * width + k];
                x[row * width + k] += 0.3f * noise[row * width + k];
            }
            x[row * width + 5] *= outlier;
        }
        return x;
    }

    /// <summary>y = x W.</summary>
    public static ModelProto Linear(float[] w, int inputs, int outputs)
    {
        GraphBuilder g = Empty(out ModelProto model);
        Value x = g.Input("x", DataType.Float, "rows", inputs);
        g.Initializer(OnnxFactory.Tensor("w", [inputs, outputs], w));
        g.Output(g.MatMul(x, new Value("w"), "y"), DataType.Float, "rows", outputs);
        return model;
    }

    /// <summary>An empty graph of operator set 17.</summary>
    public static GraphBuilder Empty(out ModelProto model)
    {
        model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "test" }, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        return new GraphBuilder(model.Graph);
    }
}
