using System.Globalization;
using Glossa.Models.Export;

namespace Glossa.Pipeline.Configuration;

/// <summary>What settings have to fulfil together, and the values that follow from others.</summary>
internal static class ConfigRules
{
    /// <summary>Checks a configuration, completes its paths and fills in what was left open.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="tree">Where they were written.</param>
    /// <exception cref="InputException">Two settings contradict each other.</exception>
    public static RunConfig Complete(RunConfig config, ConfigMapping tree)
    {
        CheckCorpus(config.Corpus, tree);
        CheckModel(config.Model, tree);
        if (config.Curriculum.Phases.Count == 0) throw Wrong(tree, "curriculum.phases", "'curriculum.phases' is empty", "describe at least one phase");
        CheckPhases(config.Curriculum.Phases, "curriculum.phases", tree);
        CheckOptimizer(config.Optimizer, tree);
        CheckDistillation(config, tree);
        if (config.Languages.Method == LanguageMethod.List && config.Languages.List.Count == 0)
            throw Wrong(tree, "languages.method", "'languages.method' is 'list' and 'languages.list' is empty", "name the languages, as in list: [de, sw]");
        if (Repeated(config.Languages.List) is string language) throw Wrong(tree, "languages.list", $"'{language}' stands twice in 'languages.list'", "remove one");
        if (config.Batch.MicroBatchTokens > config.Batch.TokensPerStep)
            throw Wrong(tree, "batch.microBatchTokens", Numbers($"'batch.microBatchTokens' is {config.Batch.MicroBatchTokens}, more than the {config.Batch.TokensPerStep} of 'batch.tokensPerStep'"), "make it at most that");
        CheckExport(config.Export, config.Model, tree);
        CheckThisVersion(config, tree);
        ModelConfig model = config.Model;
        if (model.Preset is null && model.Graph is null) model = model with { Preset = ModelConfig.DefaultPreset };
        if (model.Start is string start) model = model with { Start = FullPath(start, tree, "model.start") };
        if (model.Graph is string graph) model = model with { Graph = FullPath(graph, tree, "model.graph") };
        CorpusConfig corpus = config.Corpus;
        if (!corpus.IsEmbedded) corpus = corpus with { Path = FullPath(corpus.Path, tree, "corpus.path") };
        ExportConfig export = config.Export;
        if (!export.Precisions.Contains(Precision.Fp32)) export = export with { Precisions = [Precision.Fp32, .. export.Precisions] };
        DistillationConfig distillation = config.Distillation with { From = [.. config.Distillation.From.Select(folder => FullPath(folder, tree, "distillation.from"))] };
        return config with { Corpus = corpus, Model = model, Distillation = distillation, Export = export };
    }

    // What the export would refuse is refused here: training may take days before it.
    private static void CheckExport(ExportConfig export, ModelConfig model, ConfigMapping tree)
    {
        if (Repeated(export.Precisions.Select(precision => ConfigSchema.Word(precision))) is string twice)
            throw Wrong(tree, "export.precisions", $"'{twice}' stands twice in 'export.precisions'", "remove one");
        if (export.Plan == Int4Plan.Search && !export.Precisions.Contains(Precision.Int4))
            throw Wrong(tree, "export.plan", "'export.plan' is search, and 'export.precisions' has no int4 to search for", "add int4, or remove the plan");
        if (export.Plan == Int4Plan.Search && !export.Gates.ContainsKey(ConfigSchema.Word(Precision.Int4)))
            throw Wrong(tree, "export.plan", "'export.plan' is search, and 'export.gates' has no int4 to stay within", "add it, as in gates: {int4: 0.05}");
        (int width, int heads) = Pipeline.Model.ModelOptions.WidthOf(model);
        if (model.Graph is null && width % 2 != 0 && export.Precisions.Append(export.Genai ?? Precision.Fp32).Contains(Precision.Int4))
            throw Wrong(tree, "model.width", Numbers($"'model.width' is {width}, an odd number, and int4 stores numbers in pairs"), "make it even, or leave int4 out");
        if (export.Genai is not { } genai) return;
        if (Export.GenAi.GenAiFolder.Unable(Export.ExportPrecisions.Of(genai)) is (string why, string instead))
            throw Wrong(tree, "export.genai", $"'export.genai' is {ConfigSchema.Word(genai)}: {why}", instead);
        if (model.Graph is not null)
            throw Wrong(tree, "export.genai", "'export.genai' needs a model with a key-value cache, which 'model.graph' has none of", "train a preset, or remove export.genai");
        if (width % heads == 0 && SharedCacheGraph.UnfitHead(width / heads) is (string unfit, string fix))
            throw Wrong(tree, "export.genai", $"'export.genai' does not fit the model: {unfit}", fix);
    }

    // What the settings can say and this version cannot do is refused before any work is done.
    private static void CheckThisVersion(RunConfig config, ConfigMapping tree)
    {
        if (Train.Engines.Missing(config.Engine.Kind) is (string why, string fix))
            throw Wrong(tree, "engine.kind", $"'engine.kind' {ConfigSchema.Word(config.Engine.Kind)} {why}", fix);
        if (Train.Engines.Unable(config.Engine.Kind, config.Engine.Precision) is (string unable, string instead))
            throw Wrong(tree, "engine.precision", $"'engine.precision' {ConfigSchema.Word(config.Engine.Precision)} {unable}", instead);
        if (config.Tokenizer.Kind == TokenizerKind.WordPiece)
            throw Wrong(tree, "tokenizer.kind", "'tokenizer.kind' wordpiece does not keep a text exactly, and bits per byte of a causal model are those of the exact text", "use bytelevel-bpe or unigram");
        int context = Pipeline.Model.ModelOptions.ContextOf(config.Model);
        if (config.Evaluation.Window is int window && window > context)
            throw Wrong(tree, "evaluation.window", Numbers($"'evaluation.window' is {window}, more than the {context} of 'model.context'"), "make it at most that");
    }

    private static void CheckCorpus(CorpusConfig corpus, ConfigMapping tree)
    {
        ColumnsConfig columns = corpus.Columns;
        if (Repeated([columns.Language, columns.Text, columns.Split, columns.Label, columns.Domain]) is string name)
            throw Wrong(tree, "corpus.columns", $"two of 'corpus.columns' are called '{name}'", "give each its own column");
        if (corpus.Split.Valid + corpus.Split.Test > 0.9)
            throw Wrong(tree, "corpus.split", "'corpus.split' leaves less than a tenth of the rows for training", "lower valid or test");
    }

    private static void CheckModel(ModelConfig model, ConfigMapping tree)
    {
        if (model.Preset is not null && model.Graph is not null)
            throw Wrong(tree, "model.graph", "'model.preset' and 'model.graph' exclude each other", "keep one of the two");
        if (model.Start is not null && model.Graph is not null)
            throw Wrong(tree, "model.start", "'model.start' and 'model.graph' exclude each other", "a graph of your own brings its start values: remove model.start");
        if (model.Heads is int heads && model.Width is int width && width % heads != 0)
            throw Wrong(tree, "model.heads", Numbers($"'model.heads' is {heads}, which does not divide 'model.width', {width}"), "choose a divisor");
        if (model.KvHeads is int kvHeads && model.Heads is int queries && queries % kvHeads != 0)
            throw Wrong(tree, "model.kvHeads", Numbers($"'model.kvHeads' is {kvHeads}, which does not divide 'model.heads', {queries}"), "choose a divisor");
    }

    private static void CheckPhases(ValueList<PhaseConfig> phases, string key, ConfigMapping tree)
    {
        for (int i = 0; i < phases.Count; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{key}.{i}");
            string shown = string.Create(CultureInfo.InvariantCulture, $"{key}[{i}]");
            if (phases[i].Name.Length == 0) throw Wrong(tree, path, $"'{shown}' has no name", "add one, such as name: diverse");
            if (phases[i].Tokens is null == phases[i].Epochs is null)
                throw Wrong(tree, path, $"'{shown}' has {(phases[i].Tokens is null ? "no budget" : "two budgets")}", "give it either tokens or epochs");
            if (i == 0 && phases[i].ReplayShare > 0) throw Wrong(tree, path, $"'{shown}' replays, and no phase is before it", "remove replay and replayEnd");
            if (phases[i].ReplayShare >= 1) throw Wrong(tree, path, $"'{shown}' replays alone and never sees its own languages", "lower replay or replayEnd");
        }
        if (Repeated(phases.Select(phase => phase.Name)) is string name)
            throw Wrong(tree, key, $"two phases are called '{name}'", "give each its own name");
    }

    private static void CheckOptimizer(OptimizerConfig optimizer, ConfigMapping tree)
    {
        if (optimizer.Betas.Count != 2)
            throw Wrong(tree, "optimizer.betas", Numbers($"'optimizer.betas' has {optimizer.Betas.Count} numbers, expected two"), "write for example [0.9, 0.98]");
        if (optimizer.Warmup + optimizer.Decay > 1)
            throw Wrong(tree, "optimizer.decay", "'optimizer.warmup' and 'optimizer.decay' together exceed 1", "they are shares of the same steps");
        for (int i = 0; i < optimizer.Groups.Count; i++)
        {
            if (optimizer.Groups[i].Match.Length > 0) continue;
            string path = string.Create(CultureInfo.InvariantCulture, $"optimizer.groups.{i}");
            throw Wrong(tree, path, "an optimizer group has no 'match'", "name the parameters by a pattern, such as match: 'layers.0.*'");
        }
    }

    private static void CheckDistillation(RunConfig config, ConfigMapping tree)
    {
        DistillationConfig distillation = config.Distillation;
        if (distillation.Teachers > 0 && distillation.From.Count > 0)
            throw Wrong(tree, "distillation.from", "'distillation.teachers' and 'distillation.from' exclude each other", "train teachers or take them from runs");
        string? trained = distillation.Dropout is not null ? "dropout" : distillation.Phases.Count > 0 ? "phases" : distillation.Rounds > 1 ? "rounds" : null;
        if (distillation.From.Count > 0 && trained is not null)
        {
            string key = $"distillation.{trained}";
            throw Wrong(tree, key, $"'{key}' is for teachers that the run trains, and 'distillation.from' brings trained ones", "remove one of the two");
        }
        CheckPhases(distillation.Phases, "distillation.phases", tree);
        if (Repeated(distillation.From) is string folder) throw Wrong(tree, "distillation.from", $"'{folder}' stands twice in 'distillation.from'", "remove one");
        if (distillation.IsOn && config.Engine.Kind == EngineKind.OrtTraining)
            throw Wrong(tree, "engine.kind", "'engine.kind' ort-training does not train with teachers", "use cpu or cuda, or remove the section 'distillation'");
    }

    private static string? Repeated(IEnumerable<string> items)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        return items.FirstOrDefault(item => !seen.Add(item));
    }

    private static string FullPath(string path, ConfigMapping tree, string key) =>
        Path.GetFullPath(path, Find(tree, key)?.Folder ?? Directory.GetCurrentDirectory());

    // The place of a setting, or of the nearest section around it that somebody wrote.
    private static ConfigPlace? Find(ConfigMapping tree, string path)
    {
        ConfigNode? node = tree;
        ConfigPlace? place = null;
        foreach (string key in path.Split('.'))
        {
            ConfigEntry? entry = (node as ConfigMapping)?.Entries.FirstOrDefault(entry => entry.Key == key);
            node = node is ConfigSequence list ? list.Items[int.Parse(key, CultureInfo.InvariantCulture)] : entry?.Value;
            if (node is null) break;
            ConfigPlace here = entry?.Place ?? node.Place;
            if (here.Folder is not null) place = here;
        }
        return place;
    }

    private static string Numbers(FormattableString text) => FormattableString.Invariant(text);

    private static InputException Wrong(ConfigMapping tree, string path, string what, string fix) => new(what, Find(tree, path)?.ToString(), fix);
}
