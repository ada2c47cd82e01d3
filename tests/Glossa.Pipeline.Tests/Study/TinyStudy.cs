using Glossa.Data.Corpora;
using Glossa.Pipeline.Study;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Tests.Study;

/// <summary>A study of seconds: three languages, a network of one layer, a few steps.</summary>
internal sealed class TinyStudy : IDisposable
{
    private static readonly string[] Languages = ["de", "en", "sw"];

    private readonly TemporaryFolder _folder = new();

    public TinyStudy()
    {
        IEnumerable<string> rows = CorpusReader.Read(EmbeddedCorpora.UdhrPath).Where(text => Languages.Contains(text.Language))
            .Select(text => $"{text.Language},{text.Split.ToString().ToLowerInvariant()},\"{text.Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        _folder.Write("small.csv", "language,split,text\n" + string.Join('\n', rows) + "\n");
    }

    public string Out => _folder.At("out");

    public string ResultsPath => _folder.At("out", "study.json");

    public StudyResults Results => ResultsFile.Read(ResultsPath);

    public string At(params string[] parts) => _folder.At(parts);

    /// <summary>Settings that every arm of the next files has beside those of a tiny run.</summary>
    public string Settings { get; set; } = "evaluation.baseline: false";

    /// <summary>Writes the study's file: the keys here, and those of a tiny run.</summary>
    public string Write(string keys, int tokens = 1500) => _folder.Write("tiny.yaml", FormattableString.Invariant($$"""
        set:
          corpus.path: small.csv
          tokenizer.vocabulary: 300
          languages.count: 1
          model: {layers: 1, width: 16, context: 64}
          curriculum.phases: [{name: first, languages: chosen, tokens: {{tokens}}}, {name: all, tokens: {{tokens}}}]
          batch: {tokensPerStep: 256, microBatchTokens: 128}
          {{Settings}}
          engine: {threads: 1, checkpointSeconds: 0}
        scoredBytesPerLanguage: 1000
        {{keys}}
        """));

    public StudyRunner Runner(string keys, StudyOptions? options = null, int tokens = 1500) =>
        new(StudyReader.Load(Write(keys, tokens)), (options ?? new StudyOptions { Folder = Out }) with { Folder = Out });

    public void Dispose() => _folder.Dispose();
}
