using System.Globalization;
using System.Text;
using System.Text.Json;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Benchmarks;

/// <summary>Where a step spends its time, by operator, as the runtime's profiler says it.</summary>
internal static class StepProfile
{
    private static readonly string[] Products = ["MatMul", "FusedMatMul", "Gemm", "FusedGemm", "Product"];

    /// <summary>Number of nodes by operator.</summary>
    public static string Census(StepModel step) => $"{step.Model.Graph.Node.Count} nodes: "
        + string.Join(" ", step.Model.Graph.Node.GroupBy(n => n.OpType).OrderByDescending(n => n.Count()).Select(n => $"{n.Key}={n.Count()}"));

    /// <summary>One worker's time by operator over a few runs of one micro-batch, and the share of the matrix products.</summary>
    public static string Measure(StepModel step, IReadOnlyDictionary<string, float[]> initial, TokenBatch batch, int runs = 12)
    {
        string file;
        string folder = Directory.CreateTempSubdirectory("glossa-profile").FullName;
        try
        {
            using (SessionOptions options = CpuEngine.Options())
            {
                options.EnableProfiling = true;
                options.ProfileOutputPathPrefix = Path.Combine(folder, "step");
                using InferenceSession session = new(CpuEngine.ForThisProcessor(step, options).ToByteArray(), options);
                Dictionary<string, OrtValue> inputs = Inputs(step, initial, batch);
                using RunOptions run = new();
                for (int i = 0; i < runs; i++)
                {
                    using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, session.OutputNames);
                }
                foreach (OrtValue value in inputs.Values) value.Dispose();
                file = session.EndProfiling();
            }
            return Table(file);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static Dictionary<string, OrtValue> Inputs(StepModel step, IReadOnlyDictionary<string, float[]> initial, TokenBatch batch)
    {
        long[] shape = [batch.Batch, batch.Sequence];
        Dictionary<string, OrtValue> inputs = new() { [StepModel.LossWeight] = OrtValue.CreateTensorValueFromMemory<float>([1e-3f], []) };
        foreach (string name in step.Model.Graph.Input.Select(input => input.Name).Where(batch.Tensors.ContainsKey))
            inputs[name] = OrtValue.CreateTensorValueFromMemory(batch.Tensors[name], shape);
        foreach ((string name, long[] dimensions) in step.Parameters)
        {
            inputs[name] = OrtValue.CreateTensorValueFromMemory(initial[name], dimensions);
            inputs[StepModel.Accumulator(name)] = OrtValue.CreateTensorValueFromMemory(new float[initial[name].Length], dimensions);
        }
        return inputs;
    }

    private static string Table(string file)
    {
        // A node's fastest run: what the system took away in between does not count.
        Dictionary<string, (string Key, double Time)> nodes = [];
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
        foreach (JsonElement entry in json.RootElement.EnumerateArray().Where(e => Text(e, "cat") == "Node" && Text(e, "name").EndsWith("_kernel_time", StringComparison.Ordinal)))
        {
            JsonElement arguments = entry.GetProperty("args");
            string node = Text(entry, "name");
            double time = entry.GetProperty("dur").GetDouble() / 1000;
            if (!nodes.TryGetValue(node, out (string Key, double Time) fastest) || time < fastest.Time) nodes[node] = (Text(arguments, "op_name") + Shapes(arguments), time);
        }
        Dictionary<string, (double Time, int Count)> times = nodes.Values.GroupBy(n => n.Key).ToDictionary(g => g.Key, g => (g.Sum(n => n.Time), g.Count()));
        double total = times.Values.Sum(t => t.Time), products = times.Where(t => Products.Contains(t.Key.Split(' ')[0])).Sum(t => t.Value.Time);
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"  {total:F1} ms in kernels a run, matrix products {products:F1} ms ({products / total:P0})");
        foreach ((string key, (double time, int count)) in times.OrderByDescending(t => t.Value.Time).Take(40))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {time,8:F2} ms {count,5}x  {key}");
        return text.ToString();
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static string Shapes(JsonElement arguments) => arguments.TryGetProperty("output_type_shape", out JsonElement outputs)
        ? " " + string.Join(" ", outputs.EnumerateArray().SelectMany(o => o.EnumerateObject()).Select(o => o.Value.GetRawText()))
        : "";
}
