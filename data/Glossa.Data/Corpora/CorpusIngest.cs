using System.IO.Hashing;

namespace Glossa.Data.Corpora;

/// <summary>
/// Turns a corpus file into a <see cref="TextStore"/>: checked, in normalization form C, without duplicates inside a
/// language, split so that no text stands in two splits of its language. The same file and options give the same bytes.
/// </summary>
/// <remarks>
/// The file is read once. Texts are sorted by language and split through a <see cref="TextSpill"/>, then each language is
/// gathered on its own, its hashes part by part, so memory beside fixed buffers is one bit for each text of one language, whatever the size of the file. Looking for near
/// duplicates keeps some kilobytes for each training text of one language.
/// </remarks>
public static class CorpusIngest
{
    private const ulong SplitSalt = 0x51A7_53B1_0C0F_FEE1;
    private const int MaxLabels = 1 << 16;
    private const int ProgressRows = 4096;

    /// <summary>Reads <paramref name="corpusPath"/> and writes the store to <paramref name="storePath"/>, whole or not at all.</summary>
    /// <exception cref="InputException">The file or the options are not usable.</exception>
    /// <exception cref="WorkException">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; nothing is left behind.</exception>
    public static IngestResult Run(
        string corpusPath, string storePath, IngestOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new IngestOptions();
        Validate(options);
        using TextSpill spill = new(ScratchOf(storePath, "spill"));
        using CorpusRowReader rows = new(corpusPath, options.Columns, options.MaxRowBytes, text => SplitOf(text, options));
        List<string> languages = [];
        List<string> labels = [];
        long others = ReadRows(rows, spill, languages, labels, options, cancellation);
        if (languages.Count == 0)
            throw new InputException("no row has text", corpusPath, "check which column is mapped to the text in corpus.columns");

        Dictionary<string, long> budgets = Budgets(options, languages);
        string[] sortedLabels = [.. labels.Order(StringComparer.Ordinal)];
        int[] labelNumbers = [.. labels.Select(l => Array.BinarySearch(sortedLabels, l, StringComparer.Ordinal))];
        CorpusGather gather = new(spill, ScratchOf(storePath, "hashes"), labelNumbers, options.Seed, options.NearDuplicates);
        AtomicFile.Write(storePath, stream =>
        {
            TextStoreWriter writer = new(stream, rows.HasLabel);
            foreach (int language in Enumerable.Range(0, languages.Count).OrderBy(i => languages[i], StringComparer.Ordinal))
            {
                cancellation.ThrowIfCancellationRequested();
                gather.Write(writer, language, languages[language], budgets.GetValueOrDefault(languages[language], long.MaxValue));
            }
            writer.Finish(sortedLabels);
        });
        return new IngestResult(
            rows.Rows, rows.EmptyTexts, rows.OtherDomains, gather.Duplicates, gather.TrainTextsHeldOut, gather.ValidTextsInTest,
            gather.BeyondBudget, !rows.HasSplit, languages.Count,
            gather.Kept(CorpusSplit.Train), gather.Kept(CorpusSplit.Valid), gather.Kept(CorpusSplit.Test))
        { OtherLanguages = others, NearDuplicates = gather.NearDuplicates };
    }

    /// <summary>
    /// The split of a text by its hash: it depends on the text and the seed alone, so the same text falls into the same
    /// split in every language and in every version of a corpus.
    /// </summary>
    /// <param name="text">The text: UTF-8 in normalization form C.</param>
    /// <param name="options">Fractions and seed.</param>
    public static CorpusSplit SplitOf(ReadOnlySpan<byte> text, IngestOptions options)
    {
        ulong hash = XxHash3.HashToUInt64(text, unchecked((long)(options.Seed ^ SplitSalt)));
        double position = (hash >> 11) * (1.0 / (1UL << 53));
        if (position < options.TestFraction) return CorpusSplit.Test;
        return position < options.TestFraction + options.ValidFraction ? CorpusSplit.Valid : CorpusSplit.Train;
    }

    // Gives the number of texts in languages that were not asked for.
    private static long ReadRows(
        CorpusRowReader rows, TextSpill spill, List<string> languages, List<string> labels, IngestOptions options,
        CancellationToken cancellation)
    {
        Dictionary<string, int> languageNumbers = new(StringComparer.Ordinal);
        Dictionary<string, int> labelNumbers = new(StringComparer.Ordinal);
        HashSet<string> wanted = new(options.Languages.Select(language => language.Trim()), StringComparer.OrdinalIgnoreCase);
        HashSet<string> otherLanguages = new(StringComparer.Ordinal);
        long others = 0;
        while (rows.Read())
        {
            if (rows.Rows % ProgressRows == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                options.Progress?.Invoke(rows.Rows);
            }
            if (wanted.Count > 0 && !wanted.Contains(rows.Language))
            {
                otherLanguages.Add(rows.Language);
                others++;
                continue;
            }
            int language = Number(rows.Language, languageNumbers, languages);
            int label = rows.Label is null ? -1 : Number(rows.Label, labelNumbers, labels);
            if (labels.Count > MaxLabels) throw rows.TooManyLabels(MaxLabels);
            ReadOnlySpan<byte> text = rows.Text;
            spill.Add((language * CorpusSplits.Count) + (int)rows.Split, XxHash128.HashToUInt128(text), label, text);
        }
        options.Progress?.Invoke(rows.Rows);
        _ = LanguageTag.Resolve(wanted, [.. languages, .. otherLanguages], "corpus.languages");
        return others;
    }

    private static int Number(string name, Dictionary<string, int> numbers, List<string> names)
    {
        if (!numbers.TryGetValue(name, out int number))
        {
            number = names.Count;
            numbers.Add(name, number);
            names.Add(name);
        }
        return number;
    }

    private static string ScratchOf(string storePath, string what) => $"{storePath}.{Environment.ProcessId}.{what}{AtomicFile.TemporarySuffix}";

    private static Dictionary<string, long> Budgets(IngestOptions options, List<string> languages)
    {
        Dictionary<string, long> budgets = new(StringComparer.Ordinal);
        if (options.TrainBytesPerLanguage is long all)
            foreach (string language in languages) budgets[language] = all;
        foreach ((string tag, long bytes) in options.TrainBytesByLanguage)
            budgets[LanguageTag.Resolve([tag], languages, "training bytes by language")[0]] = bytes;
        return budgets;
    }

    private static void Validate(IngestOptions options)
    {
        CheckFraction(options.ValidFraction, "valid fraction");
        CheckFraction(options.TestFraction, "test fraction");
        if (options.ValidFraction + options.TestFraction >= 1)
        {
            throw new InputException(
                FormattableString.Invariant($"the valid fraction {options.ValidFraction} and the test fraction {options.TestFraction} leave no text to train on"),
                "corpus.split", "make their sum less than 1");
        }
        foreach (long bytes in options.TrainBytesByLanguage.Values.Append(options.TrainBytesPerLanguage ?? 1))
            if (bytes <= 0) throw new InputException($"a budget of {bytes} training bytes is no budget", "corpus", "give a positive number of bytes");
        if (options.NearDuplicates is not (null or (> 0 and <= 1)))
            throw new InputException(FormattableString.Invariant($"the overlap of near duplicates is {options.NearDuplicates}"), "corpus", "give a number above 0 and at most 1");
        if (options.MaxRowBytes < 256)
            throw new InputException($"rows of at most {options.MaxRowBytes} bytes are too short to read", "corpus", "allow at least 256");
    }

    private static void CheckFraction(double fraction, string name)
    {
        if (fraction is not (>= 0 and < 1))
            throw new InputException(FormattableString.Invariant($"the {name} is {fraction}"), "corpus.split", "give a number from 0 to less than 1");
    }
}
