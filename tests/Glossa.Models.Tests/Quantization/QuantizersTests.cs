using Glossa.Models.Building;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Google.Protobuf;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Quantization;

public sealed class QuantizersTests
{
    private const int Inputs = 64, Outputs = 24;
    private static readonly float[] s_weights = Runtime.Normal(Inputs * Outputs, 1);
    private static readonly QuantizerOptions s_plain = new() { Smooth = false, Compensate = false };

    [TestCase(WeightFormat.DynamicInt8, 0.03)]
    [TestCase(WeightFormat.StaticInt8, 0.03)]
    [TestCase(WeightFormat.Block8, 0.01)]
    [TestCase(WeightFormat.Block4, 0.1)]
    public void Quantize_Product_StaysCloseAndIsStoredSmall(WeightFormat format, double tolerance)
    {
        ModelProto quantized = Quantizers.Quantize(Model(), Plan(format), null, Calibration()).Model;
        Assert.That(Error(quantized), Is.InRange(1e-5, tolerance));
        Assert.That(quantized.Graph.Initializer.All(i => i.Dims.Count != 2 || i.DataType != (int)DataType.Float));
    }

    [TestCase(WeightFormat.DynamicInt8)]
    [TestCase(WeightFormat.StaticInt8)]
    public void Quantize_OutlierChannel_IsSmoothed(WeightFormat format)
    {
        Samples outliers = new(Inputs, Samples.Correlated(50, Inputs, 2, 100), Samples.Correlated(50, Inputs, 3, 100));
        float[] x = Samples.Correlated(40, Inputs, 20, 100);
        double smooth = Error(Quantizers.Quantize(Model(), Plan(format), new(), outliers).Model, x);
        double plain = Error(Quantizers.Quantize(Model(), Plan(format), new() { Smooth = false }, outliers).Model, x);
        Assert.That(smooth, Is.LessThan(0.5 * plain));
    }

    [TestCase(WeightFormat.Block4)]
    [TestCase(WeightFormat.DynamicInt8)]
    public void Quantize_Compensated_LosesNoMoreThanNearest(WeightFormat format)
    {
        QuantizerOptions exact = new() { AccuracyLevel = 0 };
        double compensated = Error(Quantizers.Quantize(Model(), Plan(format), exact, Calibration()).Model);
        double nearest = Error(Quantizers.Quantize(Model(), Plan(format), exact with { Compensate = false }, Calibration()).Model);
        Assert.That(compensated, Is.LessThan(nearest));
    }

    [TestCase(WeightFormat.DynamicInt8)]
    [TestCase(WeightFormat.StaticInt8)]
    [TestCase(WeightFormat.Block4)]
    public void Quantize_SameSamples_GiveTheSameBytes(WeightFormat format)
    {
        byte[] first = Quantizers.Quantize(Model(), Plan(format), null, Calibration()).Model.ToByteArray();
        Assert.That(Quantizers.Quantize(Model(), Plan(format), null, Calibration()).Model.ToByteArray(), Is.EqualTo(first));
    }

    [TestCase(WeightFormat.DynamicInt8, 0.01)]
    [TestCase(WeightFormat.Block8, 0.01)]
    [TestCase(WeightFormat.Block4, 0.12)]
    public void Quantize_Tables_TokensByPlanAndPositionsInInt8(WeightFormat format, double tolerance)
    {
        float[] tokens = Runtime.Normal(50 * 48, 5), positions = Runtime.Normal(32 * 48, 6);
        GraphBuilder g = Samples.Empty(out ModelProto model);
        Value ids = g.Input("input_ids", DataType.Int64, "n"), places = g.Input("places", DataType.Int64, "n");
        g.Initializer(OnnxFactory.Tensor("tokens", [50, 48], tokens));
        g.Initializer(OnnxFactory.Tensor("positions", [32, 48], positions));
        g.Output(g.Gather(new Value("tokens"), ids, 0, "t"), DataType.Float, "n", 48);
        g.Output(g.Gather(new Value("positions"), places, 0, "p"), DataType.Float, "n", 48);
        ModelProto quantized = Quantizers.Quantize(model, new() { Products = new(format), Embeddings = new(format) }).Model;

        (string, Microsoft.ML.OnnxRuntime.OrtValue)[] inputs = [("input_ids", Runtime.Of<long>([49, 0, 7], 3)), ("places", Runtime.Of<long>([31, 2, 2], 3))];
        float[] Rows(float[] table, params int[] rows) => [.. rows.SelectMany(r => table.AsSpan(r * 48, 48).ToArray())];
        Assert.That(Runtime.RelativeError(Runtime.Run(quantized, "t", inputs), Rows(tokens, 49, 0, 7)), Is.InRange(1e-5, tolerance));
        Assert.That(Runtime.RelativeError(Runtime.Run(quantized, "p", inputs), Rows(positions, 31, 2, 2)), Is.InRange(1e-5, 0.01));
        Assert.That(quantized.CalculateSize(), Is.LessThan(model.CalculateSize() / 2));
    }

    [TestCase(40, false)]
    [TestCase(32, false)]
    [TestCase(32, true)]
    public void Quantize_TiedTableInBlocks_IsStoredOnceWhereRowsFillBlocks(int width, bool calibrated)
    {
        // As in a model with language tags: the head has no rows for the last ten.
        float[] table = Runtime.Normal(50 * width, 5);
        GraphBuilder g = Samples.Empty(out ModelProto model);
        Value ids = g.Input("input_ids", DataType.Int64, "n"), x = g.Input("x", DataType.Float, "rows", width);
        g.Initializer(OnnxFactory.Tensor("tokens", [50, width], table));
        g.Output(g.Gather(new Value("tokens"), ids, 0, "t"), DataType.Float, "n", width);
        Value rows = g.Op("Slice", [new Value("tokens"), g.Ints(0), g.Ints(40), g.Ints(0)]);
        g.Output(g.MatMul(x, g.Transpose(rows, [1, 0]), "y"), DataType.Float, "rows", 40);
        TokensAndRows? samples = calibrated ? new TokensAndRows(width) : null;
        ModelProto quantized = Quantizers.Quantize(model, QuantizationPlan.Int4, null, samples).Model;

        float[] activations = Runtime.Normal(3 * width, 6);
        foreach ((string output, double tolerance) in new[] { ("t", 0.12), ("y", 0.12) })
        {
            float[] Run(ModelProto m) => Runtime.Run(m, output, ("input_ids", Runtime.Of<long>([49, 0, 7], 3)), ("x", Runtime.Of(activations, 3, width)));
            Assert.That(Runtime.RelativeError(Run(quantized), Run(model)), Is.InRange(1e-4, tolerance), output);
        }
        int tables = quantized.Graph.Initializer.Count(i => i.DataType == (int)DataType.Uint8 && i.Dims.Count > 1 && OnnxFactory.ElementCount(i) >= 40 * width / 2);
        Assert.That(tables, Is.EqualTo(width % 32 == 0 ? 1 : 2));
    }

    [Test]
    public void Quantize_TableOfSinusoids_StaysFloat()
    {
        float[] angles = [.. Enumerable.Range(0, 64 * 8).Select(i => MathF.Sin(i / 8 / MathF.Pow(10, i % 8)))];
        GraphBuilder g = Samples.Empty(out ModelProto model);
        Value places = g.Input("places", DataType.Int64, "n");
        g.Initializer(OnnxFactory.Tensor("angles", [64, 8], angles));
        g.Output(g.Gather(new Value("angles"), places, 0, "p"), DataType.Float, "n", 8);
        Assert.That(Quantizers.Quantize(model, QuantizationPlan.DynamicInt8).Layers, Is.Empty);
    }

    [Test]
    public void Quantize_LayerNamedInThePlan_GetsItsOwnFormat()
    {
        QuantizationPlan plan = Plan(WeightFormat.Block4) with { Layers = new Dictionary<string, LayerFormat> { ["w"] = new(WeightFormat.Full) } };
        Assert.That(Quantizers.Quantize(Model(), plan).Layers, Is.Empty);
    }

    [Test]
    public void Quantize_StaticWithoutCalibration_SaysSo() =>
        Assert.That(() => Quantizers.Quantize(Model(), QuantizationPlan.StaticInt8), Throws.TypeOf<InputException>().With.Message.Contains("needs calibration samples"));

    [Test]
    public void Quantize_EmptySamples_SaySo() =>
        Assert.That(() => Quantizers.Quantize(Model(), QuantizationPlan.DynamicInt8, null, new Samples(Inputs)), Throws.TypeOf<InputException>().With.Message.Contains("never reached"));

    [Test]
    public void Quantize_NotANumberInTheSamples_IsNamed() =>
        Assert.That(() => Quantizers.Quantize(Model(), QuantizationPlan.DynamicInt8, null, new Samples(Inputs, [.. Enumerable.Repeat(float.NaN, Inputs)])),
            Throws.TypeOf<InputException>().With.Message.Contains("not finite"));

    [TestCase(WeightFormat.DynamicInt8)]
    [TestCase(WeightFormat.Block4)]
    public void Quantize_NotANumberInAWeight_IsNamed(WeightFormat format)
    {
        float[] broken = [.. s_weights];
        broken[17] = float.NaN;
        Assert.That(() => Quantizers.Quantize(Samples.Linear(broken, Inputs, Outputs), Plan(format)), Throws.TypeOf<InputException>().With.Message.Contains("'w' is not finite"));
    }

    [Test]
    public void Quantize_QuantizedModel_IsRefused()
    {
        ModelProto once = Quantizers.Quantize(Model(), QuantizationPlan.Int4).Model;
        Assert.That(() => Quantizers.Quantize(once, QuantizationPlan.DynamicInt8), Throws.TypeOf<InputException>().With.Message.Contains("quantized already"));
    }

    [TestCase(24)]
    [TestCase(8)]
    public void Quantize_ImpossibleBlock_IsRefused(int block) =>
        Assert.That(() => Quantizers.Quantize(Model(), Plan(WeightFormat.Block4, block)), Throws.TypeOf<InputException>().With.Message.Contains("not possible"));

    [Test]
    public void Quantize_InputsThatFillNoBlock_Work()
    {
        float[] w = Runtime.Normal(40 * 6, 9), x = Runtime.Normal(3 * 40, 10);
        ModelProto model = Samples.Linear(w, 40, 6);
        float[] expected = Runtime.Run(model, "y", ("x", Runtime.Of(x, 3, 40)));
        float[] actual = Runtime.Run(Quantizers.Quantize(model, Plan(WeightFormat.Block8), s_plain).Model, "y", ("x", Runtime.Of(x, 3, 40)));
        Assert.That(Runtime.RelativeError(actual, expected), Is.LessThan(0.02));
    }

    [TestCase(WeightFormat.DynamicInt8)]
    [TestCase(WeightFormat.StaticInt8)]
    [TestCase(WeightFormat.Block4)]
    public void LayerErrorModel_Product_MeasuresWhatTheQuantizedModelLoses(WeightFormat format)
    {
        float[] x = Samples.Correlated(40, Inputs, 20);
        ModelProto probe = Quantizers.LayerErrorModel(Model(), Plan(format), out IReadOnlyList<QuantizedLayer> layers, null, Calibration());
        double error = Scalar("error.0"), signal = Scalar("signal.0");
        Assert.That(layers.Select(layer => (layer.Weight, layer.Output)), Is.EqualTo(new[] { ("w", "y") }));
        Assert.That(Math.Sqrt(error / signal), Is.EqualTo(Error(Quantizers.Quantize(Model(), Plan(format), null, Calibration()).Model)).Within(0.1).Percent);

        double Scalar(string name) => Runtime.Run(probe, name, ("x", Runtime.Of(x, x.Length / Inputs, Inputs)))[0];
    }

    [Test]
    public void PlanQuantizer_PlansInAnyOrder_GivesTheModelsOfQuantizers()
    {
        ModelProto model = TwoReaders();
        Samples samples = Calibration();
        PlanQuantizer plans = new(model, null, samples);
        WeightFormat[] formats = [WeightFormat.Full, WeightFormat.Block4, WeightFormat.DynamicInt8, WeightFormat.StaticInt8];
        // Every pair twice: the second time all is known.
        foreach ((WeightFormat first, WeightFormat second) in formats.SelectMany(f => formats.Select(s => (f, s))).SelectMany(pair => new[] { pair, pair }))
        {
            QuantizationPlan plan = Plan(WeightFormat.Block4) with { Layers = new Dictionary<string, LayerFormat> { ["w"] = new(first), ["v"] = new(second) } };
            Assert.That(plans.Quantize(plan).Model.ToByteArray(), Is.EqualTo(Quantizers.Quantize(model, plan, null, samples).Model.ToByteArray()), $"{first}, {second}");
        }
    }

    [TestCase("text-generation-gpt2")]
    [TestCase("text-generation-llama")]
    public void LayerErrorModel_FixtureModel_MeasuresEveryLayer(string name)
    {
        ModelProto model = OnnxFile.Read(Runtime.FixtureFile(name));
        ModelProto probe = Quantizers.LayerErrorModel(model, QuantizationPlan.DynamicInt8, out IReadOnlyList<QuantizedLayer> layers);
        Assert.That(layers.Select(l => l.Weight), Is.EqualTo(Quantizers.Quantize(model, QuantizationPlan.DynamicInt8).Layers.Select(l => l.Weight)));
        for (int i = 0; i < layers.Count; i++)
        {
            double error = Runtime.Run(probe, $"error.{i}", DynamicQuantizerTests.Prompt(model))[0], signal = Runtime.Run(probe, $"signal.{i}", DynamicQuantizerTests.Prompt(model))[0];
            Assert.That(Math.Sqrt(error / signal), Is.InRange(1e-4, 0.05), layers[i].Weight);
        }
    }

    /// <summary>y = x W and z = x V, whose activation is smoothed for both together.</summary>
    private static ModelProto TwoReaders()
    {
        ModelProto model = Model();
        GraphBuilder g = new(model.Graph);
        g.Output(g.MatMul(new Value("x"), g.Initializer(OnnxFactory.Tensor("v", [Inputs, 8], Runtime.Normal(Inputs * 8, 30))), "z"), DataType.Float, "rows", 8);
        return model;
    }

    private static ModelProto Model() => Samples.Linear(s_weights, Inputs, Outputs);

    private static QuantizationPlan Plan(WeightFormat format, int block = 32) => new() { Products = new(format, block), Embeddings = new(WeightFormat.DynamicInt8) };

    private static Samples Calibration() => new(Inputs, Samples.Correlated(50, Inputs, 2), Samples.Correlated(50, Inputs, 3));

    private static double Error(ModelProto quantized, float[]? x = null)
    {
        x ??= Samples.Correlated(40, Inputs, 20);
        return Runtime.RelativeError(Runtime.Run(quantized, "y", ("x", Runtime.Of(x, x.Length / Inputs, Inputs))), Runtime.Run(Model(), "y", ("x", Runtime.Of(x, x.Length / Inputs, Inputs))));
    }

    /// <summary>Ids and rows of numbers for the two inputs of a table.</summary>
    private sealed class TokensAndRows(int width) : ICalibrationSource
    {
        public IEnumerable<IReadOnlyDictionary<string, float[]>> Run(ModelProto probe)
        {
            using Microsoft.ML.OnnxRuntime.InferenceSession session = Runtime.Open(probe);
            string[] outputs = [.. session.OutputNames];
            yield return outputs.ToDictionary(name => name, name => Runtime.Run(probe, name, ("input_ids", Runtime.Of<long>([1, 2], 2)), ("x", Runtime.Of(Runtime.Normal(20 * width, 8), 20, width))));
        }
    }
}
