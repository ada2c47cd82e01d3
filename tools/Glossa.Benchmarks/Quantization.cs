using System.Globalization;
using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;
using Google.Protobuf;

namespace Glossa.Benchmarks;

/// <summary>
/// Quantized forms of a sentence encoder against its float32 file: size, processor time, how close the embeddings of texts stay, and how many texts keep their nearest other text.
/// </summary>
internal static class Quantization
{
    public static Benchmark Benchmark { get; } = new("quantization",
        "quantized forms of a sentence encoder: folder=FOLDER (onnx/model.onnx, tokenizer.json, texts.json) calibration=FILE (a text a line) samples variants=a,b (model files too) repetitions save=FOLDER layers=1", Run);

    private static void Run(BenchmarkArguments arguments, Findings _)
    {
        string folder = arguments.Text("folder") ?? throw new InputException("no folder", fix: "give folder=FOLDER of a sentence encoder");
        ModelProto model = OnnxFile.Read(Path.Combine(folder, "onnx", "model.onnx"));
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        int[][] texts = Encode(tokenizer, JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(folder, "texts.json")))!);
        RuntimeCalibration? calibration = null;
        if (arguments.Text("calibration") is { } file)
        {
            string[] lines = [.. File.ReadLines(file).Take(arguments.Number("samples", 128))];
            calibration = new RuntimeCalibration([.. Encode(tokenizer, lines).Select(SentenceEncoder.Feed)]);
        }
        byte[] exact = model.ToByteArray();
        using SentenceEncoder reference = new(exact);
        float[][] expected = [.. texts.Select(reference.Embed)];
        int[] nearest = Nearest(expected);
        string[] chosen = arguments.Text("variants")?.Split(',') ?? [.. QuantizationVariants.All(arguments).Keys];
        Console.WriteLine("| variant | MB | speed-up 1x32 | speed-up 32x128 | cosine mean | cosine min | same nearest neighbour |\n|---|---|---|---|---|---|---|");
        foreach (string name in chosen)
        {
            long began = System.Diagnostics.Stopwatch.GetTimestamp();
            Func<ModelProto, ICalibrationSource?, ModelProto> make = File.Exists(name) ? (_, _) => OnnxFile.Read(name) : QuantizationVariants.All(arguments).GetValueOrDefault(name)
                ?? throw new InputException($"no variant is called {name}", fix: "name a model file, or choose among " + string.Join(", ", QuantizationVariants.All(arguments).Keys));
            byte[] bytes = make(model, calibration).ToByteArray();
            double seconds = System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (arguments.Text("save") is { } save) File.WriteAllBytes(Path.Combine(save, name + ".onnx"), bytes);
            using SentenceEncoder quantized = new(bytes);
            float[][] actual = [.. texts.Select(quantized.Embed)];
            double[] cosines = [.. actual.Zip(expected, Cosine)];
            double same = Nearest(actual).Zip(nearest, (a, b) => a == b ? 1.0 : 0).Average();
            int repetitions = arguments.Number("repetitions", 5);
            string small = SpeedUp(reference, quantized, 1, 32, repetitions), large = SpeedUp(reference, quantized, 32, 128, repetitions);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {bytes.Length / 1e6:F1} | {small} | {large} | {cosines.Average():F4} | {cosines.Min():F4} | {same:P1} |  ({seconds:F0} s)"));
        }
    }

    private static int[][] Encode(TextTokenizer tokenizer, string[] texts) =>
        [.. texts.Select(text => tokenizer.Encode(text, new TextEncodeOptions { MaxLength = 128 }).Ids.ToArray())];

    // Median of paired ratios; every other round starts with the other side.
    private static string SpeedUp(SentenceEncoder reference, SentenceEncoder quantized, int batch, int sequence, int repetitions)
    {
        if (repetitions == 0) return "-";
        int runs = Math.Max(1, 4096 / (batch * sequence));
        List<double> ratios = [];
        for (int i = 0; i < repetitions; i++)
        {
            SentenceEncoder first = i % 2 == 0 ? reference : quantized, second = i % 2 == 0 ? quantized : reference;
            double a = first.Time(batch, sequence, runs), b = second.Time(batch, sequence, runs);
            ratios.Add(i % 2 == 0 ? a / b : b / a);
        }
        return ratios.Order().ElementAt(repetitions / 2).ToString("F2", CultureInfo.InvariantCulture);
    }

    private static int[] Nearest(float[][] embeddings) => [.. embeddings.Select((e, i) => Enumerable.Range(0, embeddings.Length).Where(j => j != i).MaxBy(j => Cosine(e, embeddings[j])))];

    private static double Cosine(float[] a, float[] b)
    {
        double across = 0, left = 0, right = 0;
        for (int i = 0; i < a.Length; i++) (across, left, right) = (across + (double)a[i] * b[i], left + (double)a[i] * a[i], right + (double)b[i] * b[i]);
        return across / Math.Sqrt(left * right);
    }
}
