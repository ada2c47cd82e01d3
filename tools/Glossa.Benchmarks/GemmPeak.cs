using System.Diagnostics;
using System.Globalization;
using Glossa.Models.Onnx;
using Glossa.Training.Engines;
using Glossa.Training.Parameters;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Benchmarks;

/// <summary>
/// What ONNX Runtime's float32 products reach on this machine at the shapes of a training step and at a large square one, by one and by several concurrent one-thread runs. Operands are inputs, as
/// a step's weights are. A shape is <c>MxKxN</c>, with <c>a</c> or <c>b</c> behind it where that operand is read transposed and <c>+</c> where the product is added to its output.
/// </summary>
internal static class GemmPeak
{
    public static Benchmark Benchmark { get; } = new("gemm", "matrix products of ONNX Runtime: shapes=MxKxN[a][b][+],... milliseconds threads", Run);

    private const string Default = "1024x1024x1024,512x256x256,512x256x1024,512x1024x256,512x256x256b,512x256x1024b,512x1024x256b,256x512x1024+,1024x512x256+,508x256x8192b,508x8192x256,8192x508x256a+,256x508x8192+,"
        + "1024x128x128,1024x128x512,1024x512x128b,128x1024x512+,1016x128x2048,1016x2048x128b,128x1016x2048+";

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int milliseconds = arguments.Number("milliseconds", 300), threads = arguments.Number("threads", Environment.ProcessorCount);
        findings.Line($"{Machine.Description}. GFLOP/s of ONNX Runtime's float32 products, rows x inner x columns; a, b: that operand is stored transposed; +: added to the output in place. By processor time, so that what else runs does not count; the last column by wall time.");
        List<IReadOnlyList<string>> rows = [];
        foreach (string shape in (arguments.Text("shapes") ?? Default).Split(','))
        {
            using Product product = new(shape, threads);
            (double one, _) = product.Measure(1, milliseconds);
            (double each, double all) = product.Measure(threads, milliseconds);
            rows.Add([shape, Text(one), Text(each), Text(all)]);
        }
        findings.Table(["product", "one run, a core", $"{threads} runs, a core", $"{threads} runs, together"], rows);
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private sealed class Product : IDisposable
    {
        private readonly InferenceSession _session;
        private readonly FloatBuffer _left, _right;
        private readonly List<FloatBuffer> _outputs = [];
        private readonly List<OrtIoBinding> _bindings = [];
        private readonly List<OrtValue> _values = [];
        private readonly double _flops;

        public Product(string shape, int threads)
        {
            string sizes = shape.TrimEnd('a', 'b', '+');
            bool leftTransposed = shape.Contains('a', StringComparison.Ordinal), rightTransposed = shape.Contains('b', StringComparison.Ordinal), added = shape.EndsWith('+');
            if (sizes.Split('x') is not [var m, var k, var n] || !long.TryParse(m, out long rows) || !long.TryParse(k, out long inner) || !long.TryParse(n, out long columns))
                throw new InputException($"'{shape}' is no product", fix: "write ROWSxINNERxCOLUMNS, then a, b, + as they apply");
            _flops = 2.0 * rows * inner * columns;
            long[] left = leftTransposed ? [inner, rows] : [rows, inner], right = rightTransposed ? [columns, inner] : [inner, columns];
            using SessionOptions options = CpuEngine.Options();
            _session = new InferenceSession(Model(left, right, [rows, columns], leftTransposed, rightTransposed, added).ToByteArray(), options);
            (_left, _right) = (Filled((int)(rows * inner)), Filled((int)(inner * columns)));
            for (int i = 0; i < threads; i++) Bind(left, right, [rows, columns], added);
        }

        /// <summary>GFLOP/s by processor time, and by wall time.</summary>
        public (double Core, double Together) Measure(int threads, int milliseconds)
        {
            using RunOptions run = new();
            int Repeat(int thread)
            {
                int count = 0;
                for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began).TotalMilliseconds < milliseconds; count++) _session.RunWithBinding(run, _bindings[thread]);
                return count;
            }
            for (int i = 0; i < threads; i++) _session.RunWithBinding(run, _bindings[i]);
            using Process self = Process.GetCurrentProcess();
            TimeSpan processor = self.TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            int runs = 0;
            Thread[] all = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => Interlocked.Add(ref runs, Repeat(i))))];
            foreach (Thread thread in all) thread.Start();
            foreach (Thread thread in all) thread.Join();
            double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
            self.Refresh();
            return (runs * _flops / (self.TotalProcessorTime - processor).TotalSeconds / 1e9, runs * _flops / wall / 1e9);
        }

        public void Dispose()
        {
            foreach (OrtIoBinding binding in _bindings) binding.Dispose();
            foreach (OrtValue value in _values) value.Dispose();
            foreach (FloatBuffer output in _outputs) output.Dispose();
            _session.Dispose();
            _left.Dispose();
            _right.Dispose();
        }

        private void Bind(long[] left, long[] right, long[] output, bool added)
        {
            FloatBuffer result = new((int)(output[0] * output[1]));
            OrtIoBinding binding = _session.CreateIoBinding();
            OrtValue sum = Kept(result.Tensor(output));
            binding.BindInput("a", Kept(_left.Tensor(left)));
            binding.BindInput("b", Kept(_right.Tensor(right)));
            if (added) binding.BindInput("c", sum);
            binding.BindOutput("y", sum);
            _outputs.Add(result);
            _bindings.Add(binding);
        }

        private OrtValue Kept(OrtValue value)
        {
            _values.Add(value);
            return value;
        }

        private static FloatBuffer Filled(int length)
        {
            FloatBuffer buffer = new(length);
            SeededRandom random = new(5);
            foreach (ref float value in buffer.Span) value = (float)random.NextDouble() - 0.5f;
            return buffer;
        }

        private static ModelProto Model(long[] left, long[] right, long[] output, bool leftTransposed, bool rightTransposed, bool added)
        {
            NodeProto node = new() { OpType = "Gemm", Name = "product" };
            node.Input.Add(added ? ["a", "b", "c"] : ["a", "b"]);
            node.Output.Add("y");
            if (leftTransposed) node.Attribute.Add(OnnxFactory.Attribute("transA", 1L));
            if (rightTransposed) node.Attribute.Add(OnnxFactory.Attribute("transB", 1L));
            GraphProto graph = new() { Name = "product" };
            graph.Node.Add(node);
            graph.Input.Add(Info("a", left));
            graph.Input.Add(Info("b", right));
            if (added) graph.Input.Add(Info("c", output));
            graph.Output.Add(Info("y", output));
            ModelProto model = new() { IrVersion = 8, Graph = graph };
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
            return model;
        }

        private static ValueInfoProto Info(string name, long[] shape) => OnnxFactory.ValueInfo(name, DataType.Float, [.. shape.Select(size => (object)size)]);
    }
}
