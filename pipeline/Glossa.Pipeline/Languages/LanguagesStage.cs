using System.Text.Json;
using Glossa.Data.Corpora;
using Glossa.Data.Languages;
using Glossa.Data.Languages.Selection;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Languages;

/// <summary>What the choice depends on.</summary>
/// <param name="Languages">Method, number, weights.</param>
/// <param name="Seed">Seed of a random choice.</param>
/// <param name="TextBytes">The most training text of a language that the choice looks at; null for all.</param>
/// <param name="TextSeed">Seed of the order in which such texts are taken.</param>
public sealed record LanguagesSettings(LanguagesConfig Languages, long Seed, long? TextBytes, long TextSeed)
{
    /// <summary>The order in which they are taken; null draws them.</summary>
    public BudgetOrder? TextOrder { get; init; }
}

/// <summary>Texts and the language table in; the languages of phase 1, each with its reason, out.</summary>
public sealed class LanguagesStage : Stage<LanguagesSettings>
{
    /// <summary>The choice.</summary>
    public const string ResultFile = "selection.json";

    private const string TableInput = "language table";

    /// <inheritdoc/>
    public override string Name => "languages";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["ingest"];

    /// <inheritdoc/>
    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config) => [new InputFile(TableInput, EmbeddedCorpora.LanguagesPath)];

    /// <summary>The tags that an earlier run of the stage chose.</summary>
    public static IReadOnlyCollection<string> ChosenIn(StageContext context) => ResultIn(context).Tags;

    /// <summary>The choice that an earlier run of the stage made.</summary>
    public static SelectionResult ResultIn(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return JsonSerializer.Deserialize<SelectionResult>(File.ReadAllBytes(context.Input("languages", ResultFile)))!;
    }

    /// <summary>The order of a budget's texts.</summary>
    internal static TextOrder OrderOf(BudgetOrder? order) => order == BudgetOrder.Coverage ? TextOrder.Coverage : TextOrder.Drawn;

    /// <inheritdoc/>
    protected override LanguagesSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new LanguagesSettings(config.Languages, config.Seed, config.Corpus.Budget.Smaller, config.Corpus.Split.Seed) { TextOrder = config.Corpus.Budget.Order };
    }

    /// <inheritdoc/>
    protected override void Run(LanguagesSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        using TextStore texts = TextStore.Open(context.Input("ingest", IngestStage.StoreFile));
        SelectionResult result = LanguageSelector.Select(Request(texts, LanguageTable.Load(context.File(TableInput)), settings));
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(result));
        context.Progress.Note($"{result.Picks.Count} of {texts.Languages.Count} languages in phase 1: {string.Join(" ", result.Picks.Select(pick => pick.Tag))}");
    }

    private static SelectionRequest Request(TextStore texts, LanguageTable table, LanguagesSettings settings)
    {
        LanguagesConfig config = settings.Languages;
        return new SelectionRequest
        {
            Candidates = [.. texts.Languages.Select(language =>
                new LanguageCandidate(language, texts.Bytes(language, CorpusSplit.Train), TextBudget.Texts(texts, language, settings.TextBytes, (ulong)settings.TextSeed, OrderOf(settings.TextOrder))))],
            Table = table,
            Method = config.Method switch
            {
                LanguageMethod.Random => SelectionMethod.Random,
                LanguageMethod.Largest => SelectionMethod.Largest,
                LanguageMethod.List => SelectionMethod.List,
                _ => SelectionMethod.Diverse,
            },
            Count = Math.Min(config.Count, texts.Languages.Count),
            List = config.List,
            Seed = (ulong)settings.Seed,
            Similarity = new SimilarityOptions
            {
                ScriptWeight = config.Weights.Script,
                FamilyWeight = config.Weights.Family,
                GeographyWeight = config.Weights.Geography,
                TextWeight = config.Weights.Text,
            },
        };
    }
}
