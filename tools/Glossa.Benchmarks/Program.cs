using System.Diagnostics;
using System.Globalization;
using Glossa;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;

// The training step of the default preset, ms and tokens a second: [width layers heads vocabulary batch sequence microBatches workers repetitions].
if (args is ["--filter", ..]) args = args[2..];
int Argument(int index, int otherwise) => args.Length >= index ? int.Parse(args[index - 1], CultureInfo.InvariantCulture) : otherwise;
int width = Argument(1, 128), layers = Argument(2, 4), heads = Argument(3, 2), vocabulary = Argument(4, 2048);
int batch = Argument(5, 8), sequence = Argument(6, 128), micros = Argument(7, 4), workers = Argument(8, 2), repetitions = Argument(9, 20);
TransformerOptions options = new()
{
    Vocabulary = vocabulary + 464,
    TextVocabulary = vocabulary,
    Layers = layers,
    Width = width,
    Heads = heads,
    KeyValueHeads = heads,
    HeadSize = width / heads,
    FeedForward = 4 * width,
    Context = 256,
};
Dictionary<string, float[]> parameters = TransformerParameters.Of(options).ToDictionary(p => p.Name, p => p.Initialize(1));
StepModel step = TrainingStep.Build(TrainingGraph.Build(options, parameters),
    new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
Console.WriteLine($"nodes {step.Model.Graph.Node.Count}: " + string.Join(" ", step.Model.Graph.Node.GroupBy(n => n.OpType).OrderByDescending(n => n.Count()).Select(n => $"{n.Key}={n.Count()}")));
if (Environment.GetEnvironmentVariable("DUMP") is { } path) File.WriteAllBytes(path, Google.Protobuf.MessageExtensions.ToByteArray(step.Model));
using CpuEngine engine = new(step, parameters, workers);
SeededRandom random = new(7);
MicroBatch[] batches = [.. Enumerable.Range(0, micros).Select(_ =>
{
    long[] ids = [.. Enumerable.Range(0, batch * sequence).Select(_ => (long)random.NextInt32(vocabulary))];
    return MicroBatch.OfTokens(batch, sequence, ids, ids);
})];
int tokens = batch * sequence * micros;
double loss = 0;
for (int i = 0; i < 3; i++) loss = engine.Run(batches, 1f / (batch * (sequence - 1) * micros));
List<double> times = [];
TimeSpan cpuStart = Process.GetCurrentProcess().TotalProcessorTime;
for (int i = 0; i < repetitions; i++)
{
    long start = Stopwatch.GetTimestamp();
    loss = engine.Run(batches, 1f / (batch * (sequence - 1) * micros));
    times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
}
double cpu = (Process.GetCurrentProcess().TotalProcessorTime - cpuStart).TotalMilliseconds / repetitions;
times.Sort();
double median = times[times.Count / 2];
double flops = tokens * 6.0 * (layers * 12.0 * width * width + (double)vocabulary * width) + tokens * 6.0 * layers * 2 * sequence * width;
Console.WriteLine($"loss {loss:F5} ({Math.Log(vocabulary):F5} at the start); parameters {engine.Layout.ParameterCount}; median {median:F1} ms, min {times[0]:F1} ms a step of {tokens} tokens: {tokens / median * 1000:F0} tokens/s, {flops / median / 1e6:F0} GFLOP/s; processor time {cpu:F0} ms a step");
