using System.Globalization;
using System.Text.Json.Nodes;
using Glossa.Data.Corpora;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Finetune.Folder;
using Glossa.Pipeline.Finetune.Texts;

namespace Glossa.Pipeline.Finetune.Scoring;

/// <summary>Figures of a classification folder over a corpus, and how many of its texts have labels that the model does not know.</summary>
/// <param name="Score">The figures over the texts whose labels it knows.</param>
/// <param name="OtherLabels">Texts left out.</param>
public sealed record ClassificationEvaluationResult(ClassificationScore Score, int OtherLabels);

/// <summary>What <c>glossa evaluate</c> does with a folder that classifies texts.</summary>
public static class ClassificationEvaluation
{
    private const int UsualLength = 512;

    /// <summary>True where the folder's config.json says that the model classifies texts.</summary>
    public static bool Applies(string modelFolder)
    {
        string path = Path.Combine(modelFolder, HubFolder.ConfigName);
        if (!File.Exists(path)) return false;
        HubFolder folder = HubFolder.Open(modelFolder);
        return TaskFacts.Read(folder.Config[TaskFacts.Key], path)?.Task == FinetuneTask.Classification.Name()
            || (folder.Config["architectures"] is JsonArray { Count: > 0 } names && names[0]?.ToString().EndsWith("ForSequenceClassification", StringComparison.Ordinal) == true);
    }

    /// <summary>Classifies the texts of a split and counts what is right.</summary>
    /// <param name="modelFolder">A classification folder in Hugging Face layout.</param>
    /// <param name="corpusPath">A CSV file, plain or gzip.</param>
    /// <param name="split">The part to score.</param>
    /// <param name="precision">Which file of the folder.</param>
    /// <param name="labelColumn">Column of the classes; null takes that of the training, or "label".</param>
    /// <param name="threads">Concurrent runs; 0 means one per processor.</param>
    /// <param name="cancellation">Stops between runs.</param>
    /// <exception cref="InputException">The folder, the corpus, or their combination is not usable.</exception>
    public static ClassificationEvaluationResult Run(
        string modelFolder, string corpusPath, CorpusSplit split, ExportPrecision precision = ExportPrecision.Fp32, string? labelColumn = null, int threads = 0,
        CancellationToken cancellation = default)
    {
        HubFolder folder = HubFolder.Open(modelFolder);
        string config = Path.Combine(modelFolder, HubFolder.ConfigName);
        TaskFacts? facts = TaskFacts.Read(folder.Config[TaskFacts.Key], config);
        List<string> labels = Labels(folder.Config, config);
        FolderEncoder encoder = FolderEncoder.Load(folder.Path);
        CorpusText[] texts = [.. Load(corpusPath, facts, labelColumn).Where(text => text.Split == split && text.Label is not null)];
        CorpusText[] known = [.. texts.Where(text => labels.Contains(text.Label!))];
        if (known.Length == 0)
        {
            throw new InputException($"the {split.ToString().ToLowerInvariant()} split of the corpus has no text with a label of the model", corpusPath,
                $"the model knows {string.Join(", ", labels.Take(8))}: name their column with --label, or choose another --split");
        }
        string file = precision == ExportPrecision.Fp32 ? folder.ModelPath : ModelFolder.PathOf(folder.Path, precision);
        using TextClassifier classifier = new(file, encoder, facts?.MaxLength ?? Math.Min(UsualLength, folder.Positions ?? UsualLength));
        if (classifier.Classes >= 0 && classifier.Classes != labels.Count) throw new InputException($"the model has {classifier.Classes} classes, id2label names {labels.Count}", config, "make them agree");
        int[] given = classifier.Predict([.. known.Select(text => text.Text)], threads > 0 ? threads : Environment.ProcessorCount, cancellation);
        return new ClassificationEvaluationResult(FinetuneJob.ScoreOf(known, given, labels), texts.Length - known.Length);
    }

    private static IReadOnlyList<CorpusText> Load(string path, TaskFacts? facts, string? labelColumn)
    {
        IngestOptions options = new() { Columns = new CorpusColumns { Language = null, Label = labelColumn ?? facts?.LabelColumn } };
        return CorpusReader.Load(path, facts?.Split is { } split ? options with { ValidFraction = split.Valid, TestFraction = split.Test, Seed = (ulong)split.Seed } : options);
    }

    private static List<string> Labels(JsonObject config, string path)
    {
        if (config["id2label"] is not JsonObject { Count: > 0 } names) throw new InputException("there is no 'id2label'", path, "name the classes in the order of the logits");
        string?[] labels = new string?[names.Count];
        foreach ((string id, JsonNode? name) in names)
        {
            if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= labels.Length || name is null)
                throw new InputException($"'id2label' has the id '{id}' and {names.Count} entries", path, "number the classes from 0 without a gap");
            labels[number] = name.ToString();
        }
        return [.. labels.Select(label => label!)];
    }
}
