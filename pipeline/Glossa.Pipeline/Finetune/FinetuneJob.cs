using Glossa.Data.Baselines;
using Glossa.Data.Corpora;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Finetune.Batches;
using Glossa.Pipeline.Finetune.Folder;
using Glossa.Pipeline.Finetune.Model;
using Glossa.Pipeline.Finetune.Scoring;
using Glossa.Pipeline.Finetune.Texts;
using Glossa.Pipeline.Progress;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Train;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Finetune;

/// <summary>What <c>glossa finetune</c> does: a model folder and a corpus in, a folder of the same layout out.</summary>
public static class FinetuneJob
{
    /// <summary>
    /// Trains the model of a folder and writes the result beside everything else that the folder holds. The output folder appears whole or not at all; a run that was stopped goes on from
    /// its last checkpoint when it is started again with the same settings and files.
    /// </summary>
    /// <param name="modelFolder">A folder in Hugging Face layout.</param>
    /// <param name="corpusPath">A CSV file, plain or gzip.</param>
    /// <param name="outFolder">The folder to make.</param>
    /// <param name="options">The settings.</param>
    /// <param name="progress">Shows a person how far the work is.</param>
    /// <param name="cancellation">Stops at the next step, behind a checkpoint.</param>
    /// <exception cref="InputException">The folder, the corpus, or their combination with the settings is not usable.</exception>
    /// <exception cref="WorkException">The loss is no longer a number, or the disk is full.</exception>
    public static FinetuneReport Run(
        string modelFolder, string corpusPath, string outFolder, FinetuneOptions options, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        progress ??= SilentProgress.Instance;
        string output = FinetuneWork.NewOutput(outFolder);
        progress.StageStarted("prepare");
        HubFolder folder = HubFolder.Open(modelFolder);
        FolderEncoder encoder = FolderEncoder.Load(folder.Path);
        ModelFacts? own = folder.Own;
        // What a model of Glossa's own held out of its training stays held out.
        HashSplit split = own?.Split is { } kept ? new HashSplit(kept.Valid, kept.Test, kept.Seed) : new HashSplit(options.Corpus.Valid, options.Corpus.Test, options.Seed);
        FinetuneCorpus corpus = FinetuneCorpus.Load(corpusPath, options.Task, options.Corpus, split, options.Seed);
        TunedModel model = TunedModel.Load(folder, options, corpus.Labels.Count);
        List<string> notes = [.. model.Notes, .. corpus.Notes];
        notes.ForEach(progress.Note);

        string key = ContentHash.OfParts([CanonicalJson.Of(options), ContentHash.OfFile(corpusPath), ContentHash.OfFile(folder.ModelPath)]);
        FinetuneWork work = new(output + ".work-" + key[..12], progress, cancellation);
        int maxLength = MaxLength(folder, options);
        TaskBatches batches = new(options, encoder, new ModelInputs(model.Imported.Forward.Graph, encoder.PadId, folder.ModelPath), maxLength, own is not null);
        StepModel step = model.Step(options.Task, options.Engine);
        Dictionary<string, float[]> start = model.Start(step);
        TaskFacts facts = new(options.Task.Name(), maxLength, corpus.Labels, options.Corpus.Label, options.Pooling, [.. model.NewParameters.Order(StringComparer.Ordinal)], split);
        using ITrainingEngine engine = Engines.Create(options.Engine, options.Precision, step, start, options.Lanes, dropout: 0);
        FinetuneTraining training = new(model, engine, options, start, batches, corpus, work);
        FinetuneOutcome outcome = training.Run(facts.ToJson().ToJsonString());

        ModelProto trained = outcome.Delta is { } delta
            ? DeltaMerge.Apply(model.Imported, [("the new delta", delta)], delta)
            : TrainedWeights.WriteBack(model.Imported, engine.Layout.Slots.ToDictionary(slot => slot.Name, slot => (ReadOnlyMemory<float>)engine.Parameters.Slice(slot).ToArray()), repair: true);
        FinetuneFolder built = FinetuneFolder.Build(work.Fresh("folder"), folder, facts, trained, outcome.Delta);
        if (built.LeftOut.Count > 0) notes.Add($"not copied, since they hold the old weights: {string.Join(", ", built.LeftOut)}");
        FinetuneReport report = Report(options, model, outcome, corpus, built.BytesToShip) with
        {
            Valid = Score(built, encoder, maxLength, corpus, CorpusSplit.Valid, options, work),
            Test = Score(built, encoder, maxLength, corpus, CorpusSplit.Test, options, work),
            Baseline = options.Baseline ? BaselineScore(corpus, options) : null,
            Notes = notes,
        };
        report.Write(Path.Combine(built.Path, FinetuneReport.FileName));
        if (options.DeltaOnly) built.DropModel();
        work.Finish(built.Path, output);
        return report;
    }

    private static FinetuneReport Report(FinetuneOptions options, TunedModel model, FinetuneOutcome outcome, FinetuneCorpus corpus, long bytesToShip) => new()
    {
        Task = options.Task.Name(),
        Method = options.Lora is not null ? "lora" : options.Sparse is not null ? "sparse" : "full",
        TrainedParameters = outcome.TrainedParameters,
        Parameters = model.Imported.Parameters.Sum(p => p.Shape.Aggregate(1L, (product, dimension) => product * dimension)),
        BytesToShip = bytesToShip,
        Texts = new FinetuneTexts(corpus.Of(CorpusSplit.Train).Length, corpus.Of(CorpusSplit.Valid).Length, corpus.Of(CorpusSplit.Test).Length),
        Steps = outcome.Steps,
        Seconds = outcome.Seconds,
        Seed = options.Seed,
        Loss = outcome.Losses,
        Curve = outcome.Curve,
        Notes = [],
    };

    private static int MaxLength(HubFolder folder, FinetuneOptions options)
    {
        if (folder.Positions is { } positions && options.MaxLength > positions)
            throw new InputException($"--max-length is {options.MaxLength}, the model takes {positions} tokens", folder.Path, $"give at most {positions}");
        return options.MaxLength ?? folder.Own?.Context ?? Math.Min(128, folder.Positions ?? 128);
    }

    private static ClassificationScore? Score(
        FinetuneFolder folder, FolderEncoder encoder, int maxLength, FinetuneCorpus corpus, CorpusSplit split, FinetuneOptions options, FinetuneWork work)
    {
        CorpusText[] texts = corpus.Of(split);
        if (options.Task != FinetuneTask.Classification || texts.Length == 0) return null;
        using TextClassifier classifier = new(folder.ModelPath, encoder, maxLength);
        int[] given = classifier.Predict([.. texts.Select(text => text.Text)], options.Lanes, work.Cancellation);
        return ScoreOf(texts, given, corpus.Labels);
    }

    private static ClassificationScore? BaselineScore(FinetuneCorpus corpus, FinetuneOptions options)
    {
        CorpusText[] train = corpus.Of(CorpusSplit.Train), test = corpus.Of(CorpusSplit.Test);
        if (test.Length == 0) return null;
        List<string> labels = [.. corpus.Labels];
        NgramClassifier classifier = NgramClassifier.Train([.. train.Select(text => text.Text)], [.. train.Select(text => labels.IndexOf(text.Label!))], labels.Count, (ulong)options.Seed);
        return ScoreOf(test, [.. test.Select(text => classifier.Predict(text.Text))], labels);
    }

    /// <summary>Figures of given classes.</summary>
    internal static ClassificationScore ScoreOf(IReadOnlyList<CorpusText> texts, int[] given, IReadOnlyList<string> labels)
    {
        List<string> names = [.. labels];
        return ClassificationScore.Of([.. texts.Select((text, i) => (text.Language, names.IndexOf(text.Label!), given[i]))], labels);
    }
}
