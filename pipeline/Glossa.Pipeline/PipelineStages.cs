using Glossa.Pipeline.Budget;
using Glossa.Pipeline.Distill;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Report;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline;

/// <summary>The stages of <c>glossa run</c>, in the order in which data passes them.</summary>
public static class PipelineStages
{
    /// <summary>ingest, languages, budget, tokenizer, model, teachers, train, evaluate, export, report.</summary>
    public static IReadOnlyList<IStage> All { get; } =
    [
        new IngestStage(),
        new LanguagesStage(),
        new BudgetStage(),
        new TokenizerStage(),
        new ModelStage(),
        new TeachersStage(),
        new TrainStage(),
        new EvaluateStage(),
        new ExportStage(),
        new ReportStage(),
    ];
}
