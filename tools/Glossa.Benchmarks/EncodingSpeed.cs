using System.Diagnostics;
using System.Globalization;
using System.Text;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;

namespace Glossa.Benchmarks;

/// <summary>Encoding of a corpus by each kind of tokenizer, beside sentencepiece's spm_encode in the same run.</summary>
internal static class EncodingSpeed
{
    public static Benchmark Benchmark { get; } = new("encoding",
        "ids of a corpus's test split: corpus=FILE.csv.gz tokenizers=FOLDER (of tokenizers) [spm=spm_encode] [repetitions] [docs=FILE whose table is rewritten]", Run);

    private static void Run(BenchmarkArguments arguments, Findings _)
    {
        string corpus = arguments.Text("corpus") ?? throw new InputException("the benchmark needs a corpus", fix: "give corpus=FILE.csv.gz");
        string folder = arguments.Text("tokenizers") ?? throw new InputException("the benchmark needs tokenizers", fix: "give tokenizers=FOLDER");
        int repetitions = arguments.Number("repetitions", 5);
        string[] lines = [.. CorpusReader.Read(corpus, new CorpusColumns { Split = "split" }).Where(row => row.Split == CorpusSplit.Test).SelectMany(row => row.Text.Split('\n')).Where(line => line.Length > 0)];
        double megabytes = lines.Sum(line => Encoding.UTF8.GetByteCount(line) + 1) / 1e6;
        string file = Path.GetTempFileName();
        File.WriteAllLines(file, lines, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        StringBuilder table = new();
        table.AppendLine("| tokenizer | MB/s | first pass, MB/s | two threads, MB/s | spm_encode, MB/s |").AppendLine("|---|---|---|---|---|");
        foreach (string one in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            string row = Measure(one, lines, file, megabytes, repetitions, arguments.Text("spm") ?? "spm_encode");
            Console.WriteLine(row);
            table.AppendLine(row);
        }
        File.Delete(file);
        if (arguments.Text("docs") is not { } docs) return;
        DocumentTable.Replace(docs, "encoding", table.ToString());
    }

    private static string Measure(string folder, string[] lines, string file, double megabytes, int repetitions, string spm)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(folder);
        string model = TextTokenizer.FileOf(folder);
        bool hasPeer = model.EndsWith(".model", StringComparison.Ordinal);
        (double first, double best, double peer, double wall) = (0, double.MaxValue, double.MaxValue, double.MaxValue);
        double loading = hasPeer ? Peer(spm, model, null) : 0;
        for (int i = 0; i < repetitions; i++)
        {
            double seconds = Processor(() => Encode(tokenizer, lines));
            if (i == 0) first = seconds;
            best = Math.Min(best, seconds);
            if (hasPeer) peer = Math.Min(peer, Peer(spm, model, file) - loading);
            Stopwatch watch = Stopwatch.StartNew();
            Parallel.Invoke(() => Encode(tokenizer, lines.AsSpan(0, lines.Length / 2)), () => Encode(tokenizer, lines.AsSpan(lines.Length / 2)));
            wall = Math.Min(wall, watch.Elapsed.TotalSeconds);
        }
        return string.Create(CultureInfo.InvariantCulture,
            $"| {Path.GetFileName(folder)} | {megabytes / best:F1} | {megabytes / first:F1} | {megabytes / wall:F1} | {(hasPeer ? (megabytes / peer).ToString("F1", CultureInfo.InvariantCulture) : "")} |");
    }

    private static void Encode(TextTokenizer tokenizer, ReadOnlySpan<string> lines)
    {
        List<int> ids = [];
        foreach (string line in lines)
        {
            ids.Clear();
            tokenizer.Encode(line, ids);
        }
    }

    private static double Processor(Action action)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    /// <summary>Processor seconds of sentencepiece's program over a file, or over nothing.</summary>
    private static double Peer(string spm, string model, string? file)
    {
        ProcessStartInfo start = new(spm, ["--model=" + model, "--output_format=id", "--output=/dev/null"]) { RedirectStandardInput = true };
        using Process process = Process.Start(start) ?? throw new InputException($"{spm} cannot be started", fix: "install Debian's package sentencepiece");
        if (file is not null)
        {
            using FileStream stream = File.OpenRead(file);
            stream.CopyTo(process.StandardInput.BaseStream);
        }
        process.StandardInput.Close();
        TimeSpan used = process.TotalProcessorTime;
        while (!process.HasExited)
        {
            try
            {
                used = process.TotalProcessorTime;
            }
            catch (InvalidOperationException)
            {
                break;
            }
            Thread.Sleep(1);
        }
        return used.TotalSeconds;
    }
}
