using System.Globalization;
using System.Text;

namespace Glossa.Benchmarks.Runs;

/// <summary>Whether memory grows with the corpus: the same training from a small CSV file and from a large one, preparing and training each in a process of its own.</summary>
internal static class RunMemory
{
    public static Benchmark Benchmark { get; } = new("run-memory", "peak memory of the stages before training and of training, against the size of a CSV file: megabytes=N,...", Run);

    private const int Languages = 40, WordsOfLanguage = 4000;

    private static readonly (string Name, string Stage)[] Parts = [("text to tokens", "model"), ("training", "train")];

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
            findings.Line($"{Machine.Description}. Made-up text in {Languages} languages; 200 000 tokens trained. Peaks: of memory that the process allocated, and of all that was resident, pages of mapped files that were touched among it, which the system may take back.");
            List<IReadOnlyList<string>> rows = [];
            foreach (int megabytes in arguments.Numbers("megabytes", "20,2000"))
            {
                string csv = Path.Combine(folder, "corpus.csv");
                long bytes = WriteCorpus(csv, megabytes * 1_000_000L);
                List<string> row = [(bytes / 1e6).ToString("F0", CultureInfo.InvariantCulture)];
                foreach ((_, string stage) in Parts)
                    row.AddRange(PeakMemory.LastLineOfChild(["--filter", Benchmark.Name, $"run-file={csv}", $"run-until={stage}"]).Split(' '));
                rows.Add(row);
                Directory.Delete(StoreOf(csv), true);
            }
            findings.Table(["CSV, MB", .. Parts.SelectMany(part => new[] { part.Name + ", allocated MiB", part.Name + ", resident MiB" })], rows);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static void Serve(string file, string stage)
    {
        string[] settings = [.. TrainedRun.Small, $"corpus.path={file}", "languages.count=8", "curriculum.phases.0.tokens=100000", "curriculum.phases.1.tokens=100000"];
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
        writer.WriteLine("language,text");
        StringBuilder row = new();
        for (long written = 0, number = 0; written < bytes; number++)
        {
            int language = (int)(number % Languages);
            row.Clear().Append('x').Append((char)('a' + language / 26)).Append((char)('a' + language % 26)).Append(',').Append(number.ToString(CultureInfo.InvariantCulture));
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
