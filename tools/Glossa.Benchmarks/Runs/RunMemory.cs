using System.Globalization;
using System.Text;

namespace Glossa.Benchmarks.Runs;

/// <summary>Whether memory grows with the corpus: the same run from a small CSV file and from a large one, each stage in a process of its own.</summary>
internal static class RunMemory
{
    public static Benchmark Benchmark { get; } = new("run-memory", "peak memory of each stage of a run against the size of a CSV file: megabytes=N,...", Run);

    // Text to evaluate on is the same little of each language in every file.
    private const int Languages = 40, WordsOfLanguage = 4000, HeldOutTexts = 10;

    private static readonly string[] Stages = ["ingest", "languages", "tokenizer", "model", "train", "evaluate", "export"];

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        if (arguments.Text("run-file") is { } file)
        {
            Serve(file, arguments.Text("run-until")!);
            return;
        }
        string folder = Directory.CreateTempSubdirectory("glossa-run-memory").FullName;
        try
        {
            findings.Line($"{Machine.Description}. Made-up text in {Languages} languages, every text with a number of its own; 200 000 tokens trained, no baseline. MiB at the peak of each stage: of memory that the process allocated, and in brackets of all that was resident, pages of mapped files that were touched among it, which the system may take back.");
            List<(string Size, (long Allocated, long Resident)[] Peaks)> files = [];
            foreach (int megabytes in arguments.Numbers("megabytes", "20,2000"))
            {
                string csv = Path.Combine(folder, "corpus.csv");
                long bytes = WriteCorpus(csv, megabytes * 1_000_000L);
                files.Add(((bytes / 1e6).ToString("F0", CultureInfo.InvariantCulture) + " MB", [.. Stages.Select(stage => Peak(csv, stage))]));
                Directory.Delete(StoreOf(csv), true);
            }
            findings.Table(["stage", .. files.Select(f => f.Size), "of the first"], [.. Stages.Select((stage, i) => Row(stage, [.. files.Select(f => f.Peaks[i])])),
                Row("all", [.. files.Select(f => (f.Peaks.Max(peak => peak.Allocated), f.Peaks.Max(peak => peak.Resident)))])]);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static string[] Row(string stage, (long Allocated, long Resident)[] peaks) =>
        [stage, .. peaks.Select(peak => string.Create(CultureInfo.InvariantCulture, $"{peak.Allocated} ({peak.Resident})")), ((double)peaks[^1].Allocated / peaks[0].Allocated).ToString("F2", CultureInfo.InvariantCulture)];

    private static (long Allocated, long Resident) Peak(string csv, string stage)
    {
        string[] figures = PeakMemory.LastLineOfChild(["--filter", Benchmark.Name, $"run-file={csv}", $"run-until={stage}"]).Split(' ');
        return (long.Parse(figures[0], CultureInfo.InvariantCulture), long.Parse(figures[1], CultureInfo.InvariantCulture));
    }

    private static void Serve(string file, string stage)
    {
        string[] settings = [.. TrainedRun.Small, $"corpus.path={file}", "languages.count=8", "curriculum.phases.0.tokens=100000", "curriculum.phases.1.tokens=100000", "export.precisions=[fp32]"];
        long allocated = PeakMemory.AllocatedDuring(() => TrainedRun.Until(stage, Path.Combine(StoreOf(file), "run"), StoreOf(file), settings));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{allocated >> 20} {PeakMemory.OfThisProcess() >> 20}"));
    }

    private static string StoreOf(string file) => file + ".store";

    /// <summary>Rows of some hundred bytes, words drawn as Zipf's law has them, no two rows alike.</summary>
    private static long WriteCorpus(string file, long bytes)
    {
        SeededRandom random = new(3);
        string[][] words = [.. Enumerable.Range(0, Languages).Select(language => Enumerable.Range(0, WordsOfLanguage).Select(_ => Word(random, language)).ToArray())];
        using StreamWriter writer = new(file, false, new UTF8Encoding(false), 1 << 20);
        writer.WriteLine("language,split,text");
        StringBuilder row = new();
        for (long written = 0, number = 0; written < bytes; number++)
        {
            int language = (int)(number % Languages);
            row.Clear().Append('x').Append((char)('a' + language / 26)).Append((char)('a' + language % 26)).Append(number / Languages < HeldOutTexts ? ",test," : ",train,").Append(number.ToString(CultureInfo.InvariantCulture));
            for (int count = 60 + random.NextInt32(80); count > 0; count--)
                row.Append(' ').Append(words[language][(int)Math.Exp(random.NextDouble() * Math.Log(WordsOfLanguage))]);
            writer.Write(row.Append('\n'));
            written += row.Length;
        }
        writer.Flush();
        return new FileInfo(file).Length;
    }

    private static string Word(SeededRandom random, int language)
    {
        char[] letters = new char[2 + random.NextInt32(9)];
        for (int i = 0; i < letters.Length; i++) letters[i] = (char)('a' + (random.NextInt32(13) + language) % 26);
        return new string(letters);
    }
}
