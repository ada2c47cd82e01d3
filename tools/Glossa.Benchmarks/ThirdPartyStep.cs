using System.Diagnostics;
using System.Runtime.InteropServices;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Google.Protobuf;

namespace Glossa.Benchmarks;

/// <summary>
/// A training step of an exported BERT encoder against the same weights in our own builder's training form: token classification over the width, padding
/// masks, dynamic axes, the same micro-batches, interleaved. Ratios of medians; each side's peak memory in a process of its own.
/// </summary>
internal static class ThirdPartyStep
{
    public static Benchmark Benchmark { get; } = new("third-party",
        "an exported BERT encoder's step against our own builder's: model=FILE batch sequence micros workers repetitions layers heads; profile=1 adds a profile", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        if (arguments.Text("prepared") is { } prepared)
        {
            RunPrepared(arguments, prepared);
            return;
        }
        Setting setting = new(arguments);
        foreach (string each in Setting.Sides) Console.WriteLine($"{each}: {StepProfile.Census(setting.Step(each))}");
        Compare(setting, arguments.Number("repetitions", 7));
        long[] peaks = [.. Setting.Sides.Select(each => PeakOf(setting, each))];
        Console.WriteLine($"peak memory: {Setting.Sides[0]} {peaks[0] >> 20} MiB, {Setting.Sides[1]} {peaks[1] >> 20} MiB, ratio {(double)peaks[0] / peaks[1]:F3}");
        if (arguments.Number("profile", 0) == 0) return;
        foreach (string each in Setting.Sides) Console.WriteLine($"{each}:\n{StepProfile.Measure(setting.Step(each), setting.Initial(each), setting.Batches[0])}");
    }

    // The process that is measured reads a finished step and its weights, so that what reading and building took does not count.
    private static long PeakOf(Setting setting, string side)
    {
        string folder = Directory.CreateTempSubdirectory("glossa-step").FullName;
        try
        {
            StepModel step = setting.Step(side);
            Dictionary<string, float[]> initial = setting.Initial(side);
            File.WriteAllBytes(Path.Combine(folder, "step.onnx"), step.Model.ToByteArray());
            using (FileStream weights = File.Create(Path.Combine(folder, "weights")))
            {
                foreach ((string name, _) in step.Parameters) weights.Write(MemoryMarshal.AsBytes(initial[name].AsSpan()));
            }
            return PeakMemory.OfChild([.. Environment.GetCommandLineArgs().Skip(1), $"prepared={folder}", $"vocabulary={setting.Vocabulary}", $"width={setting.Width}"]);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static void RunPrepared(BenchmarkArguments arguments, string folder)
    {
        StepModel step = StepModel.Of(ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "step.onnx"))));
        Dictionary<string, float[]> initial = [];
        using (FileStream weights = File.OpenRead(Path.Combine(folder, "weights")))
        {
            foreach ((string name, long[] shape) in step.Parameters)
            {
                initial[name] = new float[shape.Aggregate(1L, (a, b) => a * b)];
                weights.ReadExactly(MemoryMarshal.AsBytes(initial[name].AsSpan()));
            }
        }
        MicroBatch[] batches = [.. Setting.Draw(arguments, arguments.Number("vocabulary", 0), arguments.Number("width", 0)).Select(b => b.For(step))];
        using CpuEngine engine = new(step, initial, arguments.Number("workers", 2));
        for (int i = 0; i < 3; i++) engine.Run(batches, 1e-3f);
        Console.WriteLine(PeakMemory.OfThisProcess());
    }

    private static void Compare(Setting setting, int repetitions)
    {
        using Side exported = setting.Open(Setting.Sides[0]), own = setting.Open(Setting.Sides[1]);
        Side[] sides = [exported, own];
        double[] losses = [.. sides.Select(side => side.Run())];
        Console.WriteLine($"losses {losses[0]:F6} and {losses[1]:F6}; gradients differ by {Difference(setting, exported.Engine, own.Engine):E1} of the largest element");
        List<double>[] wall = [[], []], processor = [[], []];
        for (int i = 0; i < repetitions; i++)
        {
            for (int side = 0; side < 2; side++)
            {
                // Every other round starts with the other side.
                int at = (side + i) % 2;
                TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
                long began = Stopwatch.GetTimestamp();
                sides[at].Run();
                wall[at].Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                processor[at].Add((Process.GetCurrentProcess().TotalProcessorTime - start).TotalMilliseconds);
            }
        }
        Report("wall", wall);
        Report("processor", processor);
    }

    private static void Report(string what, List<double>[] times)
    {
        double[] medians = [.. times.Select(t => t.Order().ElementAt(t.Count / 2))];
        double paired = times[0].Zip(times[1], (a, b) => a / b).Order().ElementAt(times[0].Count / 2);
        Console.WriteLine($"{what} time a step: {Setting.Sides[0]} {medians[0]:F0} ms, {Setting.Sides[1]} {medians[1]:F0} ms, ratio of medians {medians[0] / medians[1]:F3}, median of ratios {paired:F3}");
    }

    private static double Difference(Setting setting, CpuEngine exported, CpuEngine own)
    {
        double worst = 0;
        foreach ((string theirs, string ours) in setting.Names)
        {
            float[] a = exported.Gradients.Slice(exported.Layout[theirs]).ToArray(), b = own.Gradients.Slice(own.Layout[ours]).ToArray();
            double largest = b.Max(v => Math.Abs((double)v));
            // A key's bias has no gradient: what is there is rounding.
            if (!ours.EndsWith("key.bias", StringComparison.Ordinal)) worst = Math.Max(worst, a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max() / largest);
        }
        return worst;
    }

    private sealed record Side(CpuEngine Engine, MicroBatch[] Batches, float Weight) : IDisposable
    {
        public double Run() => Engine.Run(Batches, Weight);

        public void Dispose() => Engine.Dispose();
    }

    private sealed class Setting
    {
        public static readonly string[] Sides = ["exported", "own"];

        private readonly Dictionary<string, ModelProto> _models = [];
        private readonly ImportedModel _imported;

        public Setting(BenchmarkArguments arguments)
        {
            string path = arguments.Text("model") ?? throw new InputException("no model", fix: "give model=FILE, an exported BERT encoder with tensors named as its framework names them");
            _imported = ModelImport.Read(path, new ImportOptions());
            ModelProto exported = _imported.Forward;
            Dictionary<string, TensorProto> initializers = exported.Graph.Initializer.ToDictionary(i => i.Name);
            Names = BertNames.Of(exported.Graph, arguments.Number("layers", 6));
            Dictionary<string, TensorProto> own = Names.ToDictionary(n => n.Ours, n => initializers[n.Theirs].Clone());
            foreach ((string name, TensorProto tensor) in own) tensor.Name = name;
            int width = (int)own["bert.embeddings.word_embeddings.weight"].Dims[1], vocabulary = (int)own["bert.embeddings.word_embeddings.weight"].Dims[0];
            float epsilon = exported.Graph.Node.FirstOrDefault(n => n.OpType == "LayerNormalization")?.Attribute.First(a => a.Name == "epsilon").F ?? 1e-12f;
            _models[Sides[0]] = exported;
            _models[Sides[1]] = new EncoderGraph(own, arguments.Number("layers", 6), arguments.Number("heads", 12), width, epsilon).Build();
            (Vocabulary, Width) = (vocabulary, width);
            Batches = Draw(arguments, vocabulary, width);
            Weight = 1f / Batches.Sum(b => b.Labelled);
            Workers = arguments.Number("workers", 2);
        }

        public IReadOnlyList<(string Theirs, string Ours)> Names { get; }

        public static TokenBatch[] Draw(BenchmarkArguments arguments, int vocabulary, int width) =>
            TokenBatch.Random(arguments.Number("micros", 4), arguments.Number("batch", 8), arguments.Number("sequence", 128), vocabulary, width, padded: true);

        public int Vocabulary { get; }

        public int Width { get; }

        public TokenBatch[] Batches { get; }

        public float Weight { get; }

        public int Workers { get; }

        public StepModel Step(string side)
        {
            StepOptions options = new() { Loss = LossKind.TokenClassification, TimeMajor = side == Sides[1], Accumulate = true, WeightedLoss = true };
            return side == Sides[0] ? TrainingStep.Build(_imported, options) : TrainingStep.Build(_models[side], options);
        }

        public Dictionary<string, float[]> Initial(string side) => _models[side].Graph.Initializer
            .Where(i => i.DataType == (int)TensorProto.Types.DataType.Float).ToDictionary(i => i.Name, OnnxFactory.Floats);

        public Side Open(string side)
        {
            StepModel step = Step(side);
            return new Side(new CpuEngine(step, Initial(side), Workers), [.. Batches.Select(b => b.For(step))], Weight);
        }
    }
}
