using System.Text.Json;
using Glossa.Data.Corpora;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Staging;

namespace Glossa.Pipeline.Budget;

/// <summary>What the budget depends on.</summary>
/// <param name="Budget">Bytes of a chosen and of another language.</param>
/// <param name="Seed">Seed of the order in which texts are taken.</param>
/// <param name="Baseline">The split whose LZMA2 figures are made; null for none.</param>
public sealed record BudgetSettings(BudgetConfig Budget, long Seed, EvaluationSplit? Baseline);

/// <summary>
/// Texts and the choice of languages in; the texts that a budget leaves, out. Without a budget the output says that there is none and is the same for every choice, so
/// that nothing after it has to be made again for another choice.
/// </summary>
public sealed class BudgetStage : Stage<BudgetSettings>
{
    private const string ResultFile = "budget.json";

    /// <inheritdoc/>
    public override string Name => "budget";

    /// <inheritdoc/>
    public override int Version => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["ingest", "languages"];

    /// <summary>The file of a store or a baseline that holds for a stage: the budget's where there is one, else that of all texts.</summary>
    /// <param name="context">A stage that takes ingest and budget.</param>
    /// <param name="name">Name of a file of <see cref="IngestStage"/>.</param>
    public static string FileIn(StageContext context, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        string budgeted = context.Input("budget", name);
        return File.Exists(budgeted) ? budgeted : context.Input("ingest", name);
    }

    /// <inheritdoc/>
    protected override BudgetSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new BudgetSettings(config.Corpus.Budget, config.Corpus.Split.Seed, config.Evaluation.Baseline ? config.Evaluation.Split : null);
    }

    /// <inheritdoc/>
    protected override void Run(BudgetSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        SortedDictionary<string, long> bytes = new(StringComparer.Ordinal);
        if (settings.Budget.Smaller is not null)
        {
            IReadOnlyCollection<string> chosen = LanguagesStage.ChosenIn(context);
            using TextStore texts = TextStore.Open(context.Input("ingest", IngestStage.StoreFile));
            foreach (string language in texts.Languages)
            {
                if ((chosen.Contains(language) ? settings.Budget.Chosen : settings.Budget.Others) is long most) bytes[language] = most;
            }
            string store = context.OutputFile(IngestStage.StoreFile);
            long left = TextBudget.Write(texts, store, bytes, (ulong)settings.Seed, LanguagesStage.OrderOf(settings.Budget.Order));
            context.Progress.Note($"{left} training texts are beyond corpus.budget");
            if (settings.Baseline is { } split) IngestStage.WriteBaseline(store, EvaluateStage.SplitOf(split), context);
        }
        File.WriteAllBytes(context.OutputFile(ResultFile), JsonSerializer.SerializeToUtf8Bytes(bytes));
    }
}
