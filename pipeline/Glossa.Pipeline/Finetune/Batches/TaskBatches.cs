using Glossa.Data.Batches;
using Glossa.Data.Corpora;
using Glossa.Models.Steps;
using Glossa.Pipeline.Finetune.Texts;
using Glossa.Pipeline.Train;

namespace Glossa.Pipeline.Finetune.Batches;

/// <summary>Encodes the texts of a split and makes the steps of a task from them.</summary>
/// <param name="options">Sizes and seed.</param>
/// <param name="encoder">The folder's tokenizer.</param>
/// <param name="inputs">Fills the graph's inputs.</param>
/// <param name="maxLength">Longest row.</param>
/// <param name="isOwn">Whether the model is one of Glossa's, whose texts start with a tag and are cut as <c>glossa run</c> cuts them.</param>
internal sealed class TaskBatches(FinetuneOptions options, FolderEncoder encoder, ModelInputs inputs, int maxLength, bool isOwn)
{
    private ulong Seed => (ulong)options.Seed;

    /// <summary>The steps over some texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="labels">The classes, where there are any.</param>
    /// <param name="epochs">Times that each text is seen.</param>
    public IBatchSource Make(IReadOnlyList<CorpusText> texts, IReadOnlyList<string> labels, int epochs) => options.Task switch
    {
        FinetuneTask.Classification => Classification(texts, labels, epochs),
        FinetuneTask.MaskedLm => Masked(texts, epochs),
        FinetuneTask.CausalLm => Causal(texts, epochs),
        _ => Pairs(texts, epochs),
    };

    private TextBatches Classification(IReadOnlyList<CorpusText> texts, IReadOnlyList<string> labels, int epochs)
    {
        Dictionary<string, int> numbers = labels.Select((label, i) => (label, i)).ToDictionary(entry => entry.label, entry => entry.i, StringComparer.Ordinal);
        int[][] rows = [.. texts.Select(text => encoder.Encode(text.Text, maxLength))];
        long[] classes = [.. texts.Select(text => (long)numbers[text.Label!])];
        return new TextBatches(Plan(rows, epochs), inputs, "texts", (_, chosen) =>
            new TextBatch([.. chosen.Select(i => rows[i])], chosen.Length) { Classes = [.. chosen.Select(i => classes[i])] });
    }

    private TextBatches Masked(IReadOnlyList<CorpusText> texts, int epochs)
    {
        if (encoder.MaskId < 0) throw new InputException("the tokenizer has no mask token", "tokenizer_config.json", "masked-lm needs one: name it as mask_token");
        int[][] rows = [.. texts.Select(text => encoder.Encode(text.Text, maxLength)).Where(row => row.Any(id => !encoder.IsSpecial(id)))];
        return new TextBatches(Plan(rows, epochs), inputs, "tokens", (epoch, chosen) =>
        {
            (int[] Ids, long[] Labels, int Count)[] hidden = [.. chosen.Select(i => TokenMasking.Apply(rows[i], encoder, new SeededRandom(Seed + ((ulong)epoch << 32), (ulong)i)))];
            return new TextBatch([.. hidden.Select(row => row.Ids)], hidden.Sum(row => row.Count)) { TokenLabels = [.. hidden.Select(row => row.Labels)] };
        });
    }

    // A text longer than a row is cut into rows, so that all of it is seen.
    private TextBatches Causal(IReadOnlyList<CorpusText> texts, int epochs)
    {
        int[][] rows = [.. texts.SelectMany(text => isOwn ? Windows(text) : Chunks(text)).Where(row => row.Length > 1)];
        return new TextBatches(Plan(rows, epochs), inputs, "tokens", (_, chosen) =>
            new TextBatch([.. chosen.Select(i => rows[i])], chosen.Sum(i => rows[i].Length - 1)) { TokenLabels = [.. chosen.Select(i => Array.ConvertAll(rows[i], id => (long)id))] });
    }

    private IEnumerable<int[]> Chunks(CorpusText text) =>
        (encoder.EndId < 0 ? encoder.EncodePlain(text.Text) : [.. encoder.EncodePlain(text.Text), encoder.EndId]).Chunk(maxLength);

    private IEnumerable<int[]> Windows(CorpusText text)
    {
        int[] ids = [encoder.FirstId(text.Language), .. encoder.EncodePlain(text.Text), encoder.EndId];
        return TrainingWindow.Cut(0, ids.Length, maxLength).Select(window => ids[window.Start..(window.Start + window.Length)]);
    }

    // First the texts, then their partners in the same order.
    private TextBatches Pairs(IReadOnlyList<CorpusText> texts, int epochs)
    {
        (int[] First, int[] Second)[] pairs = [.. PairsOf(texts).Select(pair => (encoder.Encode(pair.First, maxLength), encoder.Encode(pair.Second, maxLength)))];
        if (pairs.Length < 2) throw new InputException($"there are {pairs.Length} pairs of texts", fix: "each pair is told from the others of its batch: give more");
        List<(int, int[][])> plan = BatchOrder.Plan([.. pairs.Select(pair => Math.Max(pair.First.Length, pair.Second.Length))], epochs, options.Batch, options.Rows, Seed, least: 2);
        return new TextBatches(plan, inputs, "pairs", (_, chosen) => new TextBatch([.. chosen.Select(i => pairs[i].First), .. chosen.Select(i => pairs[i].Second)], chosen.Length));
    }

    private IEnumerable<(string First, string Second)> PairsOf(IReadOnlyList<CorpusText> texts)
    {
        foreach (CorpusText text in texts) if (text.Pair is not null) yield return (text.Text, text.Pair);
        SeededRandom random = new(Seed, 0x9A12);
        foreach (IGrouping<string?, CorpusText> group in texts.Where(text => text.Pair is null && text.Label is not null).GroupBy(text => text.Label))
        {
            CorpusText[] members = [.. group];
            random.Shuffle(members.AsSpan());
            for (int i = 0; i + 1 < members.Length; i += 2) yield return (members[i].Text, members[i + 1].Text);
        }
    }

    private List<(int, int[][])> Plan(int[][] rows, int epochs) =>
        BatchOrder.Plan([.. rows.Select(row => row.Length)], epochs, options.Batch, options.Rows, Seed);
}
