using System.CommandLine;
using System.Globalization;
using Glossa.Models.Adapters;
using Glossa.Models.TaskHeads;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Finetune;

namespace Glossa.Cli.Commands;

/// <summary>The arguments of <c>glossa finetune</c> and the settings that they make.</summary>
internal sealed class FinetuneArguments
{
    private static readonly FinetuneOptions Defaults = new() { Task = FinetuneTask.Classification };

    public Argument<string> Folder { get; } = ModelOptions.Folder();

    public Option<string> Corpus { get; } = new("--corpus") { HelpName = "FILE", Required = true, Description = "CSV or CSV.gz file with a header" };

    public Option<string> Out { get; } = new("--out") { HelpName = "DIR", Required = true, Description = "Folder to make" };

    public Option<bool> Quiet { get; } = new("--quiet") { Description = "Shows errors only" };

    private readonly Option<string> _task = new("--task") { HelpName = "TASK", Required = true, Description = string.Join(", ", FinetuneTasks.Names) };
    private readonly Option<string> _text = new("--text") { HelpName = "COLUMN", Description = "Column of the text", DefaultValueFactory = _ => Defaults.Corpus.Text };
    private readonly Option<string?> _label = new("--label") { HelpName = "COLUMN", Description = "Column of the class [default: label]" };
    private readonly Option<string?> _pair = new("--pair") { HelpName = "COLUMN", Description = "Column of the text that belongs to the first, for embeddings" };
    private readonly Option<string?> _language = new("--language") { HelpName = "COLUMN", Description = "Column of the language [default: language, where there is one]" };
    private readonly Option<string?> _split = new("--split") { HelpName = "COLUMN", Description = "Column of train, valid, test [default: split, or by a hash of the text]" };
    private readonly Option<string[]> _languages = new("--languages") { HelpName = "TAGS", Description = "Languages to take, separated by commas [default: all]", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _trainTexts = new("--train-texts") { HelpName = "N", Description = "Most training texts of a language" };
    private readonly Option<int?> _testTexts = new("--test-texts") { HelpName = "N", Description = "Most valid and test texts of a language" };
    private readonly Option<int?> _maxLength = new("--max-length") { HelpName = "N", Description = "Longest sequence in tokens [default: 128, or the model's most]" };
    private readonly Option<int> _epochs = new("--epochs") { HelpName = "N", Description = "Times that each text is seen", DefaultValueFactory = _ => Defaults.Epochs };
    private readonly Option<int> _batch = new("--batch") { HelpName = "N", Description = "Texts of a step", DefaultValueFactory = _ => Defaults.Batch };
    private readonly Option<int?> _microBatch = new("--micro-batch") { HelpName = "N", Description = "Texts that run at once [default: 8; embedding: a whole batch]" };
    private readonly Option<string?> _rate = new("--lr") { HelpName = "RATE", Description = "Learning rate [default: 5e-5; with LoRA 2e-4]" };
    private readonly Option<string?> _headRate = new("--head-lr") { HelpName = "RATE", Description = "Learning rate of a new head [default: --lr]" };
    private readonly Option<string?> _decay = new("--weight-decay") { HelpName = "RATE", Description = "Weight decay of matrices [default: 0.01]" };
    private readonly Option<string?> _warmup = new("--warmup") { HelpName = "SHARE", Description = "Share of the steps over which the rate rises [default: 10%]" };
    private readonly Option<string?> _clip = new("--clip") { HelpName = "NORM", Description = "Largest norm of the gradient; 0 clips nothing [default: 1]" };
    private readonly Option<string?> _layerDecay = new("--layer-decay") { HelpName = "FACTOR", Description = "Multiplies the rate for each layer further from the head, such as 0.9 [default: 1]" };
    private readonly Option<string[]> _freeze = new("--freeze") { HelpName = "PATTERN", Description = "Weights that stay as they are, such as *embeddings*; repeatable" };
    private readonly Option<string> _pooling = new("--pooling") { HelpName = "HOW", Description = "mean or first: what a new head sees of the token states", DefaultValueFactory = _ => "mean" };
    private readonly Option<int?> _loraRank = new("--lora-rank") { HelpName = "R", Description = "Trains low-rank adapters of this rank in place of the weights" };
    private readonly Option<string?> _loraAlpha = new("--lora-alpha") { HelpName = "A", Description = "Adapters are multiplied by this over the rank [default: twice the rank]" };
    private readonly Option<bool> _loraEmbeddings = new("--lora-embeddings") { Description = "Adapt embeddings too: what a language that the model has not seen needs" };
    private readonly Option<string> _loraTargets = new("--lora-targets") { HelpName = "PATTERN", Description = "Weights or nodes that get adapters, as in *query*|*value*", DefaultValueFactory = _ => "*" };
    private readonly Option<string?> _sparse = new("--sparse") { HelpName = "SHARE", Description = "Trains only the share of weights that moves most in a first pass, such as 0.5%" };
    private readonly Option<bool> _sparseEvenly = new("--sparse-evenly") { Description = "Takes that share of every weight tensor, and not of the model as a whole" };
    private readonly Option<bool> _deltaOnly = new("--delta-only") { Description = "Leaves the model out of the folder: the delta is for `glossa delta apply`" };
    private readonly Option<bool> _baseline = new("--baseline") { Description = "Fits a character n-gram classifier to the same texts, to compare with" };
    private readonly Option<long> _seed = new("--seed") { HelpName = "N", Description = "Seed of head, order, masks", DefaultValueFactory = _ => Defaults.Seed };
    private readonly Option<string> _engine = new("--engine") { HelpName = "KIND", Description = "What runs the step: cpu, cuda, ort-training", DefaultValueFactory = _ => "cpu" };
    private readonly Option<string> _precision = new("--precision") { HelpName = "FORMAT", Description = "Matrix products of the engine cuda: float32, tf32, bf16, fp16", DefaultValueFactory = _ => "float32" };
    private readonly Option<int> _threads = ModelOptions.Threads();

    /// <summary>Declares all of them.</summary>
    public void AddTo(Command command)
    {
        command.Add(Folder);
        foreach (Option option in (Option[])[Corpus, _task, Out, _label, _pair, _text, _language, _split, _languages, _trainTexts, _testTexts, _maxLength, _epochs, _batch, _microBatch, _rate, _headRate,
            _decay, _warmup, _clip, _layerDecay, _freeze, _pooling, _loraRank, _loraAlpha, _loraTargets, _loraEmbeddings, _sparse, _sparseEvenly, _deltaOnly, _baseline, _seed, _engine, _precision, _threads, Quiet]) command.Add(option);
    }

    /// <summary>The settings of a command line.</summary>
    /// <exception cref="InputException">A value is none.</exception>
    public FinetuneOptions Read(ParseResult result)
    {
        int? rank = result.GetValue(_loraRank);
        if (rank is null && result.GetValue(_loraAlpha) is not null) throw new InputException("--lora-alpha does nothing without --lora-rank", fix: "give a rank, such as --lora-rank 8");
        if (rank is null && result.GetValue(_loraEmbeddings)) throw new InputException("--lora-embeddings does nothing without --lora-rank", fix: "give a rank, such as --lora-rank 8");
        return new FinetuneOptions
        {
            Task = FinetuneTasks.Parse(result.GetValue(_task)!),
            Corpus = CorpusOf(result),
            MaxLength = result.GetValue(_maxLength),
            Epochs = result.GetValue(_epochs),
            Batch = result.GetValue(_batch),
            MicroBatch = result.GetValue(_microBatch),
            LearningRate = Number(result, _rate),
            HeadLearningRate = Number(result, _headRate),
            WeightDecay = Number(result, _decay) ?? Defaults.WeightDecay,
            Warmup = Number(result, _warmup) ?? Defaults.Warmup,
            Clip = Number(result, _clip) ?? Defaults.Clip,
            LayerDecay = Number(result, _layerDecay) ?? Defaults.LayerDecay,
            Freeze = result.GetValue(_freeze) ?? [],
            Pooling = SettingWords.Parse<Pooling>(result.GetValue(_pooling)!, _pooling.Name),
            Lora = rank is { } r ? new LoraOptions { Rank = r, Alpha = (float)(Number(result, _loraAlpha) ?? 2 * r), Targets = result.GetValue(_loraTargets)!, Embeddings = result.GetValue(_loraEmbeddings) } : null,
            Sparse = Number(result, _sparse),
            SparseEvenly = result.GetValue(_sparseEvenly),
            DeltaOnly = result.GetValue(_deltaOnly),
            Baseline = result.GetValue(_baseline),
            Seed = result.GetValue(_seed),
            Engine = SettingWords.Parse<EngineKind>(result.GetValue(_engine)!, _engine.Name),
            Precision = SettingWords.Parse<EnginePrecision>(result.GetValue(_precision)!, _precision.Name),
            Threads = ModelOptions.Checked(result.GetValue(_threads), "--threads"),
        };
    }

    private FinetuneCorpusOptions CorpusOf(ParseResult result) => new()
    {
        Text = result.GetValue(_text)!,
        Label = result.GetValue(_label),
        Pair = result.GetValue(_pair),
        Language = result.GetValue(_language),
        Split = result.GetValue(_split),
        Languages = [.. (result.GetValue(_languages) ?? []).SelectMany(tags => tags.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
        TrainTexts = Positive(result, _trainTexts),
        TestTexts = Positive(result, _testTexts),
    };

    private static int? Positive(ParseResult result, Option<int?> option) => result.GetValue(option) is { } number && number < 1
        ? throw new InputException($"expected a whole number of at least 1, found {number}", option.Name)
        : result.GetValue(option);

    // A share may be written in percent; numbers are written with a point, whatever the machine's language.
    private static double? Number(ParseResult result, Option<string?> option)
    {
        if (result.GetValue(option) is not { } text) return null;
        bool percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? percent ? number / 100 : number
            : throw new InputException($"'{text}' is no number", option.Name, "write it as 0.01, 5e-5 or 0.5%");
    }
}
