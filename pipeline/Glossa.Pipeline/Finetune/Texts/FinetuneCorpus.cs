using Glossa.Data.Corpora;
using Glossa.Pipeline.Finetune.Folder;

namespace Glossa.Pipeline.Finetune.Texts;

/// <summary>The texts of a fine-tuning by split, and their classes.</summary>
/// <param name="Texts">All texts; where there are classes, those without one or with one that training does not have are left out.</param>
/// <param name="Labels">The classes in ordinal order: those of the training texts.</param>
/// <param name="Notes">What a user should know.</param>
internal sealed record FinetuneCorpus(IReadOnlyList<CorpusText> Texts, IReadOnlyList<string> Labels, IReadOnlyList<string> Notes)
{
    /// <summary>The texts of a split.</summary>
    public CorpusText[] Of(CorpusSplit split) => [.. Texts.Where(text => text.Split == split)];

    /// <summary>Reads a corpus for a task.</summary>
    /// <param name="path">The file.</param>
    /// <param name="task">What is to be trained.</param>
    /// <param name="options">Columns, languages and numbers of texts.</param>
    /// <param name="split">How a file without a split column is split.</param>
    /// <param name="seed">Seed of the choice where not all texts are taken.</param>
    /// <exception cref="InputException">The file is not usable, or has nothing to train the task on.</exception>
    public static FinetuneCorpus Load(string path, FinetuneTask task, FinetuneCorpusOptions options, HashSplit split, long seed)
    {
        IReadOnlyList<CorpusText> all = CorpusReader.Load(path, new IngestOptions
        {
            Columns = new CorpusColumns { Language = options.Language, Text = options.Text, Split = options.Split, Label = options.Label, Pair = options.Pair },
            ValidFraction = split.Valid,
            TestFraction = split.Test,
            Seed = (ulong)split.Seed,
        });
        CorpusText[] texts = [.. Limited(OfLanguages(all, options.Languages, path), options, (ulong)seed)];
        List<string> notes = [];
        string[] labels = [];
        if (task == FinetuneTask.Classification) (texts, labels) = Labelled(texts, path, notes);
        if (task == FinetuneTask.Embedding) texts = Paired(texts, path);
        if (texts.All(text => text.Split != CorpusSplit.Train)) throw new InputException("there is no text to train on", path, "check the split column and --languages");
        return new FinetuneCorpus(texts, labels, notes);
    }

    private static IEnumerable<CorpusText> OfLanguages(IReadOnlyList<CorpusText> texts, IReadOnlyList<string> wanted, string path)
    {
        if (wanted.Count == 0) return texts;
        HashSet<string> taken = new(wanted, StringComparer.OrdinalIgnoreCase);
        string[] known = [.. texts.Select(text => text.Language).Distinct(StringComparer.OrdinalIgnoreCase)];
        string? missing = wanted.FirstOrDefault(language => !known.Contains(language, StringComparer.OrdinalIgnoreCase));
        if (missing is not null) throw new InputException($"the corpus has no text in '{missing}'", path, NearestName.Advice(missing, known));
        return texts.Where(text => taken.Contains(text.Language));
    }

    // Which texts are kept depends on the seed and the language alone, and a smaller number keeps a subset of a larger one.
    private static IEnumerable<CorpusText> Limited(IEnumerable<CorpusText> texts, FinetuneCorpusOptions options, ulong seed)
    {
        foreach (IGrouping<(string Language, CorpusSplit Split), CorpusText> group in texts.GroupBy(text => (text.Language, text.Split)))
        {
            CorpusText[] members = [.. group];
            int most = (group.Key.Split == CorpusSplit.Train ? options.TrainTexts : options.TestTexts) ?? members.Length;
            if (most < members.Length) new SeededRandom(seed, (ulong)group.Key.Split).Shuffle(members.AsSpan());
            foreach (CorpusText text in members.Take(most)) yield return text;
        }
    }

    private static (CorpusText[] Texts, string[] Labels) Labelled(CorpusText[] texts, string path, List<string> notes)
    {
        if (texts.All(text => text.Label is null)) throw new InputException("no text has a label", path, "name the column of the classes with --label");
        string[] labels = [.. texts.Where(text => text.Split == CorpusSplit.Train && text.Label is not null).Select(text => text.Label!).Distinct().Order(StringComparer.Ordinal)];
        if (labels.Length < 2) throw new InputException($"the training texts have {labels.Length} different labels", path, "a classifier needs at least 2: check --label");
        if (labels.Length > 10_000) throw new InputException($"the training texts have {labels.Length:N0} different labels", path, "name the column of the classes with --label");
        CorpusText[] kept = [.. texts.Where(text => text.Label is not null && labels.Contains(text.Label))];
        if (kept.Length < texts.Length) notes.Add($"{texts.Length - kept.Length} texts have no label, or one that no training text has, and are left out");
        return (kept, labels);
    }

    private static CorpusText[] Paired(CorpusText[] texts, string path)
    {
        if (texts.Any(text => text.Pair is not null)) return [.. texts.Where(text => text.Pair is not null)];
        if (texts.All(text => text.Label is null))
            throw new InputException("there are no pairs of texts", path, "name the column of the second texts with --pair, or of what texts that belong together share with --label");
        return [.. texts.Where(text => text.Label is not null).GroupBy(text => (text.Label, text.Split)).Where(group => group.Count() > 1).SelectMany(group => group)];
    }
}
