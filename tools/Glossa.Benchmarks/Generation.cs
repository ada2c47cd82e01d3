using System.Diagnostics;
using System.Globalization;
using Glossa.Data.Tokenizers;
using Glossa.Models.Export;
using Glossa.Models.Presets;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Generate;

namespace Glossa.Benchmarks;

/// <summary>Greedy generation with the cache of keys and values against computing the whole sequence anew for every token, and whether both write the same.</summary>
internal static class Generation
{
    private const int Prompt = 4;

    public static Benchmark Benchmark { get; } = new("generation",
        "tokens a second with and without the cache: model=FOLDER (of a model; else the default preset, untrained) tokens threads repetitions", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int tokens = arguments.Number("tokens", 256), threads = arguments.Number("threads", 1), repetitions = arguments.Number("repetitions", 5);
        string? model = arguments.Text("model");
        if (model is not null) tokens = Math.Min(tokens, ModelFolder.Open(model).Facts.Context - Prompt);
        string temporary = Directory.CreateTempSubdirectory("glossa-generation-").FullName;
        try
        {
            List<IReadOnlyList<string>> rows = [];
            foreach (string file in model is not null ? Files(model) : [Preset(temporary, tokens)])
                rows.Add(Measure(file, tokens, threads, repetitions));
            findings.Line($"{Machine.Description}, {threads} thread(s): {tokens} greedy tokens after a prompt of {Prompt}, medians of {repetitions} paired repetitions.");
            findings.Table(["file", "tokens/s, cached", "tokens/s, recomputed", "ratio", "ratio at the last tokens", "same tokens"], rows);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static string[] Files(string folder) => [.. ExportPrecisions.All.Select(precision => ModelFolder.PathOf(folder, precision)).Where(File.Exists)];

    /// <summary>The default preset in the size of the default configuration; no matrix is zero, so that its text varies.</summary>
    private static string Preset(string folder, int tokens)
    {
        TransformerOptions options = PresetStep.Options(128, 4, 2, 2048, tokens + (tokens / 4));
        string file = Path.Combine(folder, "model.onnx");
        OnnxFile.Write(file, InferenceGraph.Build(options, TransformerParameters.Of(options).ToDictionary(
            p => p.Name, p => (p.Init == ParameterInit.Ones ? p : p with { Init = ParameterInit.Normal, Scale = p.Scale == 0 ? 0.1f : p.Scale }).Initialize(1))));
        return file;
    }

    private static string[] Measure(string file, int tokens, int threads, int repetitions)
    {
        using TextGenerator generator = TextGenerator.Open(file, new PlainTokens(TextVocabulary(file)), Prompt + tokens, threads);
        int[] prompt = [.. Enumerable.Range(10, Prompt)];
        List<(double Whole, double Last)> cached = [], recomputed = [];
        bool same = true;
        for (int i = -1; i < repetitions; i++)
        {
            (int[] a, double whole, double last) = Write(generator, prompt, tokens, cache: true);
            (int[] b, double wholeAnew, double lastAnew) = Write(generator, prompt, tokens, cache: false);
            same &= a.Length == tokens && a.SequenceEqual(b);
            if (i < 0) continue;
            cached.Add((whole, last));
            recomputed.Add((wholeAnew, lastAnew));
        }
        string Ratio(Func<(double Whole, double Last), double> part) => cached.Zip(recomputed, (fast, slow) => part(slow) / part(fast)).Median().ToString("F1", CultureInfo.InvariantCulture);
        string Rate(List<(double Whole, double Last)> seconds) => (tokens / seconds.Select(s => s.Whole).Median()).ToString("F0", CultureInfo.InvariantCulture);
        return [Path.GetFileName(file), Rate(cached), Rate(recomputed), Ratio(s => s.Whole), Ratio(s => s.Last), same ? "yes" : "NO"];
    }

    /// <summary>The tokens, the seconds for all of them, and those for the last eighth.</summary>
    private static (int[] Ids, double Whole, double Last) Write(TextGenerator generator, int[] prompt, int tokens, bool cache)
    {
        int[] ids = new int[tokens];
        int written = 0, late = tokens - (tokens / 8);
        long start = Stopwatch.GetTimestamp(), middle = start;
        foreach (int id in generator.GenerateIds(prompt, new GenerationOptions { MaxTokens = tokens, UseCache = cache }))
        {
            ids[written++] = id;
            if (written == late) middle = Stopwatch.GetTimestamp();
        }
        return (ids[..written], Stopwatch.GetElapsedTime(start).TotalSeconds, Stopwatch.GetElapsedTime(middle).TotalSeconds);
    }

    private static int TextVocabulary(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(file)))!;
        return File.Exists(Path.Combine(folder, "config.json")) ? ModelFolder.Open(folder).Facts.TextVocabulary : 2048;
    }

    /// <summary>Ids that no role ends a text at.</summary>
    private sealed class PlainTokens(int vocabulary) : ITokenizer
    {
        public int VocabularySize => vocabulary;

        public int TextVocabularySize => vocabulary;

        public int BeginId => -1;

        public int EndId => -1;

        public int PadId => -1;

        public string ContentHash => new('0', 64);

        public int? LanguageTagId(string language) => null;

        public void Encode(ReadOnlySpan<char> text, List<int> ids) => throw new NotSupportedException();

        public string Decode(IReadOnlyList<int> ids) => throw new NotSupportedException();
    }
}
