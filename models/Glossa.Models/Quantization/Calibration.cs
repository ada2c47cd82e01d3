using Glossa.Models.Building;
using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Quantization;

/// <summary>Runs a model over calibration samples and collects what quantizing its activations and weights needs.</summary>
internal static class Calibration
{
    /// <summary>Elements of moment matrices that one pass over the samples may return; a wider model takes several passes.</summary>
    private const long LargestPass = 1 << 26;

    /// <summary>Statistics of activations.</summary>
    /// <param name="model">The float model.</param>
    /// <param name="widths">Activations by name, with their last dimension.</param>
    /// <param name="source">Runs it.</param>
    public static Dictionary<string, ActivationStatistics> Measure(ModelProto model, IReadOnlyDictionary<string, int> widths, ICalibrationSource source)
    {
        Dictionary<string, ActivationStatistics> all = [];
        List<string> pass = [];
        long elements = 0;
        foreach ((string name, int width) in widths)
        {
            if (pass.Count > 0 && elements + (long)width * width > LargestPass)
            {
                Measure(model, pass, all, source);
                pass.Clear();
                elements = 0;
            }
            all.Add(name, new ActivationStatistics(width));
            pass.Add(name);
            elements += (long)width * width;
        }
        if (pass.Count > 0) Measure(model, pass, all, source);
        return all;
    }

    /// <summary>Hands every sample's activations, divided by their factors where they have some, to a visitor: [rows * width].</summary>
    public static void Visit(ModelProto model, IReadOnlyDictionary<string, double[]?> factors, ICalibrationSource source, Action<string, float[]> visit)
    {
        ModelProto probe = Probe(model, out GraphBuilder g);
        string[] names = [.. factors.Keys];
        for (int i = 0; i < names.Length; i++)
        {
            Value value = new(names[i]);
            value = factors[names[i]] is { } divisors
                ? g.Div(value, g.Initializer(OnnxFactory.Tensor($"divisors.{i}", [divisors.Length], [.. divisors.Select(d => (float)d)])), $"values.{i}")
                : g.Op("Identity", [value], $"values.{i}");
            g.Output(value, DataType.Float);
        }
        foreach (IReadOnlyDictionary<string, float[]> sample in source.Run(probe))
            for (int i = 0; i < names.Length; i++)
                visit(names[i], sample[$"values.{i}"]);
    }

    private static void Measure(ModelProto model, List<string> names, Dictionary<string, ActivationStatistics> all, ICalibrationSource source)
    {
        ModelProto probe = Probe(model, out GraphBuilder g);
        bool axesAreInputs = OpsetOf(model) >= 18;
        for (int i = 0; i < names.Count; i++)
        {
            Value rows = g.Reshape(new Value(names[i]), [-1, all[names[i]].Width]);
            g.Output(g.Op("MatMul", [g.Transpose(rows, [1, 0]), rows], $"moments.{i}"), DataType.Float);
            g.Output(Reduce(g, "ReduceMin", rows, axesAreInputs, $"smallest.{i}"), DataType.Float);
            g.Output(Reduce(g, "ReduceMax", rows, axesAreInputs, $"largest.{i}"), DataType.Float);
            g.Output(g.Cast(g.Gather(g.Shape(rows), g.Ints(0)), DataType.Float, $"rows.{i}"), DataType.Float);
        }
        foreach (IReadOnlyDictionary<string, float[]> sample in source.Run(probe))
            for (int i = 0; i < names.Count; i++)
                all[names[i]].Add(sample[$"rows.{i}"][0], sample[$"moments.{i}"], sample[$"smallest.{i}"], sample[$"largest.{i}"]);
        foreach (string name in names) all[name].Finish(name);
    }

    private static Value Reduce(GraphBuilder g, string type, Value rows, bool axesAreInputs, string name) => axesAreInputs
        ? g.Op(type, [rows, g.Ints(0)], name, "", OnnxFactory.Attribute("keepdims", 0))
        : g.Op(type, [rows], name, "", OnnxFactory.Attribute("axes", [0L]), OnnxFactory.Attribute("keepdims", 0));

    private static ModelProto Probe(ModelProto model, out GraphBuilder builder)
    {
        ModelProto probe = model.Clone();
        probe.Graph.Output.Clear();
        builder = new GraphBuilder(probe.Graph);
        return probe;
    }

    private static long OpsetOf(ModelProto model) => model.OpsetImport.First(o => o.Domain.Length == 0 || o.Domain == "ai.onnx").Version;
}
