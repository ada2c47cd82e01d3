using System.Text.Json;
using Glossa.Models.Building;
using Glossa.Models.Gradients;
using Glossa.Models.Onnx;
using Glossa.Models.Shapes;
using Glossa.Models.Tests.Evaluation;
using Glossa.Training.Safetensors;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.Gradients;

/// <summary>Graphs of real exporters, differentiated as they are, against gradients of PyTorch; skipped where the fixtures are not beside the repository.</summary>
[TestFixture]
public sealed class ExportedModelTests
{
    private const long Ignored = -100;

    private static string? Folder
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                string candidate = Path.Combine(folder.FullName, "shared", "fixtures", "hf");
                if (Directory.Exists(candidate)) return candidate;
            }
            return null;
        }
    }

    private static IEnumerable<string> Names => Folder is { } folder ? Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal) : ["none"];

    [TestCaseSource(nameof(Names))]
    public void Gradients_MatchPyTorch(string name)
    {
        using Exported model = Exported.Open(name);
        GraphBuilder g = new(model.Graph);
        ShapeMap shapes = ShapeMap.Infer(model.Proto);
        string[] targets = [.. model.Parameters.EnumerateObject().Select(p => p.Name)];
        Value seed = g.Input("seed.gradient", DataType.Float, [.. model.Output.Shape.Select((_, i) => (object)$"seed_{i}")]);
        IReadOnlyDictionary<string, Value> gradients = ReverseMode.Differentiate(g, new Dictionary<string, Value> { [model.MainOutput] = seed }, targets, shapes);
        Dictionary<string, DoubleTensor> feeds = new(model.Inputs) { [seed.Name] = model.OutputGradient() };
        string[] wanted = [.. gradients.Values.Select(v => v.Name).Distinct()];
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(model.Graph, feeds, wanted, model.Opset);
        List<string> wrong = model.Compare(gradients.ToDictionary(p => p.Key, p => run[p.Value.Name]));
        Assert.That(wrong, Is.Empty);
    }

    /// <summary>What the shape map says of every value holds in a run, and every named size has one value.</summary>
    [TestCaseSource(nameof(Names))]
    public void Shapes_HoldInARun(string name)
    {
        using Exported model = Exported.Open(name);
        ShapeMap shapes = ShapeMap.Infer(model.Proto);
        string[] values = [.. model.Graph.Node.SelectMany(n => n.Output).Where(o => o.Length > 0 && shapes.Shape(o) is not null).Distinct()];
        IReadOnlyDictionary<string, DoubleTensor> run = RuntimeEvaluator.Run(model.Graph, model.Inputs, values, model.Opset);
        Dictionary<string, long> sizes = [];
        foreach ((string input, DoubleTensor tensor) in model.Inputs) Bind(shapes.Shape(input)!, tensor.Shape);
        List<string> wrong = [];
        int known = 0, all = 0;
        foreach (string value in values)
        {
            IReadOnlyList<Dimension> shape = shapes.Shape(value)!;
            if (shape.Count != run[value].Rank)
            {
                wrong.Add($"{value}: [{string.Join(", ", shape)}] is [{string.Join(", ", run[value].Shape)}]");
                continue;
            }
            for (int i = 0; i < shape.Count; i++, all++)
            {
                if (shape[i].Evaluate(s => sizes.TryGetValue(s, out long size) ? size : null) is not { } expected) continue;
                known++;
                if (expected != run[value].Shape[i]) wrong.Add($"{value}: {shape[i]} is {run[value].Shape[i]}");
            }
            if (shapes.Contents(value) is { } contents)
            {
                for (int i = 0; i < contents.Count; i++)
                {
                    if (contents[i].Evaluate(s => sizes.TryGetValue(s, out long size) ? size : null) is { } content && content != run[value].Longs[i])
                        wrong.Add($"{value}[{i}]: {contents[i]} is {run[value].Data[i]}");
                }
            }
        }
        TestContext.Out.WriteLine($"{known} of {all} dimensions known, {values.Length} of {model.Graph.Node.Count} nodes");
        Assert.That(wrong, Is.Empty);

        void Bind(IReadOnlyList<Dimension> declared, int[] actual)
        {
            for (int i = 0; i < actual.Length; i++)
            {
                if (declared[i].Symbol is { } symbol) sizes.TryAdd(symbol, actual[i]);
            }
        }
    }

    private sealed class Exported : IDisposable
    {
        private readonly SafetensorsReader _reference;
        private readonly JsonElement _description;

        private Exported(ModelProto proto, SafetensorsReader reference, JsonElement description)
        {
            (Proto, _reference, _description) = (proto, reference, description);
            Inputs = Graph.Input.ToDictionary(i => i.Name, i => Read("input." + i.Name, (DataType)i.Type.TensorType.ElemType));
            Output = RuntimeEvaluator.Run(Graph, Inputs, [MainOutput], Opset)[MainOutput];
        }

        internal static Exported Open(string name)
        {
            if (Folder is not { } folder)
            {
                Assert.Ignore("shared/fixtures/hf is not there");
                throw new InvalidOperationException();
            }
            string path = Path.Combine(folder, name);
            string repaired = Path.Combine(path, "repaired.onnx");
            ModelProto proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(File.Exists(repaired) ? repaired : Path.Combine(path, "model.onnx")));
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "reference.json")));
            return new Exported(proto, SafetensorsReader.Open(Path.Combine(path, "reference.safetensors")), json.RootElement.Clone());
        }

        internal ModelProto Proto { get; }

        internal GraphProto Graph => Proto.Graph;

        internal long Opset => Proto.OpsetImport.First(o => o.Domain is "" or "ai.onnx").Version;

        internal Dictionary<string, DoubleTensor> Inputs { get; }

        internal DoubleTensor Output { get; }

        internal string MainOutput => _description.GetProperty("main_output").GetString()!;

        internal JsonElement Parameters => _description.GetProperty("parameters");

        private DoubleTensor Read(string name, DataType type)
        {
            int[] shape = Array.ConvertAll(_reference.Entry(name).Shape, d => (int)d);
            return type == DataType.Float
                ? DoubleTensor.Reals(shape, Array.ConvertAll(_reference.ReadFloats(name), v => (double)v))
                : DoubleTensor.Wholes(shape, _reference.ReadInt64s(name)) with { Type = type };
        }

        /// <summary>d loss / d main output, from the logits and labels.</summary>
        internal DoubleTensor OutputGradient()
        {
            string kind = _description.GetProperty("loss").GetProperty("kind").GetString()!;
            if (kind == "mse")
            {
                DoubleTensor target = Read("target", DataType.Float);
                return Output with { Data = [.. Output.Data.Select((y, i) => 2 * (y - target.Data[i]) / Output.Data.Length)] };
            }
            int classes = Output.Shape[^1], rows = Output.Data.Length / classes, sequence = Output.Rank > 2 ? Output.Shape[1] : 1;
            long[] labels = Read("labels", DataType.Int64).Longs;
            if (kind == "causal-lm") labels = [.. labels.Select((_, i) => i % sequence == sequence - 1 ? Ignored : labels[i + 1])];
            double counted = labels.Count(l => l != Ignored);
            DoubleTensor gradient = Output.Map(_ => 0);
            for (int row = 0; row < rows; row++)
            {
                if (labels[row] == Ignored) continue;
                ReadOnlySpan<double> logits = Output.Data.AsSpan(row * classes, classes);
                double max = double.NegativeInfinity, sum = 0;
                foreach (double logit in logits) max = Math.Max(max, logit);
                foreach (double logit in logits) sum += Math.Exp(logit - max);
                for (int i = 0; i < classes; i++)
                    gradient.Data[(row * classes) + i] = ((Math.Exp(logits[i] - max) / sum) - (i == labels[row] ? 1 : 0)) / counted;
            }
            return gradient;
        }

        /// <summary>One line for each gradient that is missing or further than 1e-5 of its largest element from the reference.</summary>
        internal List<string> Compare(Dictionary<string, DoubleTensor> gradients)
        {
            HashSet<string> nearZero = [.. _description.GetProperty("near_zero_gradients").EnumerateArray().Select(e => e.GetString()!)];
            Dictionary<string, double[]> sums = [];
            List<string> wrong = [];
            foreach (JsonProperty parameter in Parameters.EnumerateObject())
            {
                string reference = parameter.Value.TryGetProperty("gradient", out JsonElement tied) ? tied.GetString()! : "grad." + parameter.Name;
                if (!_reference.Contains(reference)) continue;
                bool transposed = reference.StartsWith("grad_tied.", StringComparison.Ordinal) && parameter.Value.GetProperty("transposed").GetBoolean();
                if (!gradients.TryGetValue(parameter.Name, out DoubleTensor? gradient))
                {
                    if (_reference.ReadFloats(reference).Any(v => v != 0)) wrong.Add($"{parameter.Name}: no gradient");
                    continue;
                }
                if (transposed) gradient = MatrixOperators.SwapLast(gradient);
                sums[reference] = sums.TryGetValue(reference, out double[]? sum) ? [.. sum.Zip(gradient.Data, (a, b) => a + b)] : gradient.Data;
            }
            foreach ((string name, double[] computed) in sums)
            {
                float[] expected = _reference.ReadFloats(name);
                double largest = expected.Max(v => Math.Abs((double)v)), worst = expected.Zip(computed, (a, b) => Math.Abs(a - b)).Max();
                if (!(worst <= (nearZero.Contains(name) ? 1e-6 : 1e-5 * largest))) wrong.Add($"{name}: off by {worst:G3} of {largest:G3}");
            }
            return wrong;
        }

        public void Dispose() => _reference.Dispose();
    }
}
