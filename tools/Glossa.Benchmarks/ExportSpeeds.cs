using System.Globalization;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Export;

namespace Glossa.Benchmarks;

/// <summary>The files of a causal model's folder against each other, as the export times them: a run of each in turn, on one thread.</summary>
internal static class ExportSpeeds
{
    private const string Exact = "model.onnx";

    public static Benchmark Benchmark { get; } = new("export-speed", "a model folder's files against float32, in turn: model=FOLDER repetitions window vocabulary", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        if (arguments.Text("model") is not { } folder)
        {
            findings.Line("The files of a model are timed where model=FOLDER is given.");
            return;
        }
        string[] files = [.. ExportPrecisions.All.Select(precision => ModelFolder.PathOf(folder, precision)).Where(File.Exists)];
        if (files.Length == 0 || Path.GetFileName(files[0]) != Exact) throw new InputException($"the folder has no onnx/{Exact} to compare with", folder, "name the model folder of a run");
        IReadOnlyList<ModelTimes> times = ModelTimer.Measure(files, new ScoringOptions { Window = arguments.Number("window", 256), TextVocabularySize = arguments.Number("vocabulary", 2048) }, arguments.Number("repetitions", 21));
        findings.Line($"{Machine.Description}, one thread; medians of runs taken in turn.");
        findings.Table(["file", "MB", "load, ms", "1 x 32, ms", "against float32", "32 x 128, ms", "against float32", "tokens/s, cached"], [.. files.Zip(times, (file, time) => (IReadOnlyList<string>)
        [
            Path.GetFileName(file), Text(new FileInfo(file).Length / 1e6, "F1"), Text(time.Speed.LoadMilliseconds, "F0"), Text(time.SentenceMilliseconds, "F2"), Text(times[0].SentenceMilliseconds / time.SentenceMilliseconds, "F2"),
            Text(time.Speed.MillisecondsPerBatch, "F0"), Text(times[0].Speed.MillisecondsPerBatch / time.Speed.MillisecondsPerBatch, "F2"), time.Speed.TokensPerSecond is { } written ? Text(written, "F0") : "",
        ])]);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
