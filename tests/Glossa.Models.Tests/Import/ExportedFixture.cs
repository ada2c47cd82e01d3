using System.Collections.Concurrent;
using System.Text.Json;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Tests.Evaluation;
using Glossa.Models.Tests.Quantization;
using Glossa.Training.Safetensors;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Import;

/// <summary>A graph of a real exporter, imported, with the inputs, labels and gradients that PyTorch gave; skips the test where it is not beside the repository.</summary>
internal sealed class ExportedFixture : IDisposable
{
    private const long Ignored = -100;
    private static readonly ConcurrentDictionary<string, ImportedModel> Models = new();
    private readonly SafetensorsReader _reference;
    private readonly JsonElement _description;

    private ExportedFixture(ImportedModel model, SafetensorsReader reference, JsonElement description)
    {
        (Model, _reference, _description) = (model, reference, description);
        Inputs = Graph.Input.ToDictionary(i => i.Name, i => Read("input." + i.Name, (DataType)i.Type.TensorType.ElemType));
    }

    /// <summary>The folders beside the repository, or one name that skips.</summary>
    internal static IEnumerable<string> Names => Runtime.SharedFixture("hf") is { } folder
        ? Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)
        : ["none"];

    internal static ExportedFixture Open(string name)
    {
        if (Runtime.SharedFixture("hf") is not { } folder)
        {
            Assert.Ignore("shared/fixtures/hf is not there");
            throw new InvalidOperationException();
        }
        string path = Path.Combine(folder, name);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "reference.json")));
        ImportedModel model = Models.GetOrAdd(name, _ => ModelImport.Read(Path.Combine(path, "model.onnx"), new ImportOptions()));
        return new ExportedFixture(model, SafetensorsReader.Open(Path.Combine(path, "reference.safetensors")), json.RootElement.Clone());
    }

    internal ImportedModel Model { get; }

    internal GraphProto Graph => Model.Forward.Graph;

    internal long Opset => Model.Forward.OpsetImport.First(o => o.Domain is "" or "ai.onnx").Version;

    /// <summary>The graph as the exporter spelled it, with the repairs that ONNX Runtime needs.</summary>
    internal ModelProto AsExported() => TrainedWeights.WriteBack(Model, new Dictionary<string, ReadOnlyMemory<float>>(), repair: true);

    internal Dictionary<string, DoubleTensor> Inputs { get; }

    internal string MainOutput => _description.GetProperty("main_output").GetString()!;

    internal JsonElement Parameters => _description.GetProperty("parameters");

    /// <summary>Names of the gradients that are zero but for rounding.</summary>
    internal HashSet<string> NearZero => [.. _description.GetProperty("near_zero_gradients").EnumerateArray().Select(e => e.GetString()!)];

    internal DoubleTensor Expected(string output) => Read("output." + output, DataType.Float);

    private DoubleTensor Read(string name, DataType type)
    {
        int[] shape = Array.ConvertAll(_reference.Entry(name).Shape, d => (int)d);
        return type == DataType.Float
            ? DoubleTensor.Reals(shape, Array.ConvertAll(_reference.ReadFloats(name), v => (double)v))
            : DoubleTensor.Wholes(shape, _reference.ReadInt64s(name)) with { Type = type };
    }

    /// <summary>d loss / d main output, from the logits and labels.</summary>
    internal DoubleTensor OutputGradient(DoubleTensor output)
    {
        string kind = _description.GetProperty("loss").GetProperty("kind").GetString()!;
        if (kind == "mse")
        {
            DoubleTensor target = Read("target", DataType.Float);
            return output with { Data = [.. output.Data.Select((y, i) => 2 * (y - target.Data[i]) / output.Data.Length)] };
        }
        int classes = output.Shape[^1], rows = output.Data.Length / classes, sequence = output.Rank > 2 ? output.Shape[1] : 1;
        long[] labels = Read("labels", DataType.Int64).Longs;
        if (kind == "causal-lm") labels = [.. labels.Select((_, i) => i % sequence == sequence - 1 ? Ignored : labels[i + 1])];
        double counted = labels.Count(l => l != Ignored);
        DoubleTensor gradient = output.Map(_ => 0);
        for (int row = 0; row < rows; row++)
        {
            if (labels[row] == Ignored) continue;
            ReadOnlySpan<double> logits = output.Data.AsSpan(row * classes, classes);
            double max = double.NegativeInfinity, sum = 0;
            foreach (double logit in logits) max = Math.Max(max, logit);
            foreach (double logit in logits) sum += Math.Exp(logit - max);
            for (int i = 0; i < classes; i++)
                gradient.Data[(row * classes) + i] = ((Math.Exp(logits[i] - max) / sum) - (i == labels[row] ? 1 : 0)) / counted;
        }
        return gradient;
    }

    /// <summary>One line for each parameter whose gradient is missing or further than 1e-5 of its largest element from the reference.</summary>
    internal List<string> Compare(IReadOnlyDictionary<string, DoubleTensor> gradients)
    {
        HashSet<string> nearZero = NearZero;
        List<string> wrong = [];
        foreach (ImportedParameter parameter in Model.Parameters)
        {
            JsonElement entry = Parameters.GetProperty(parameter.Name);
            string reference = entry.TryGetProperty("gradient", out JsonElement tied) ? tied.GetString()! : "grad." + parameter.Name;
            float[] expected = _reference.ReadFloats(reference);
            if (!gradients.TryGetValue(parameter.Name, out DoubleTensor? gradient))
            {
                if (expected.Any(v => v != 0)) wrong.Add($"{parameter.Name}: no gradient");
                continue;
            }
            // A tied gradient is laid out as the torch parameter is, any other as the initializer.
            if (reference.StartsWith("grad_tied.", StringComparison.Ordinal) && entry.GetProperty("transposed").GetBoolean()) gradient = MatrixOperators.SwapLast(gradient);
            double largest = expected.Max(v => Math.Abs((double)v)), worst = expected.Zip(gradient.Data, (a, b) => Math.Abs(a - b)).Max();
            if (!(worst <= (nearZero.Contains(reference) ? 1e-6 : 1e-5 * largest))) wrong.Add($"{parameter.Name}: off by {worst:G3} of {largest:G3}");
        }
        return wrong;
    }

    public void Dispose() => _reference.Dispose();
}
