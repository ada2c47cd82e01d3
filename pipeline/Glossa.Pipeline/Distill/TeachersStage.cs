using System.Globalization;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Model;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;

namespace Glossa.Pipeline.Distill;

/// <summary>What the teachers' predictions depend on, beside the models of runs that are named.</summary>
/// <param name="Trained">The teachers to train, round by round; empty where finished runs are the teachers.</param>
/// <param name="Runs">Number of finished runs that are the teachers.</param>
/// <param name="Candidates">Most probable next tokens of each prediction.</param>
/// <param name="Window">Longest window.</param>
public sealed record TeachersSettings(ValueList<TeacherSettings> Trained, int Runs, int Candidates, int Window)
{
    /// <summary>Number of rounds, each of as many teachers; null for one.</summary>
    public int? Rounds { get; init; }
}

/// <summary>Token ids in; teachers are trained, or taken from finished runs, and what they expect on average at every place of the training text comes out.</summary>
public sealed class TeachersStage : Stage<TeachersSettings>
{
    /// <summary>The predictions.</summary>
    public const string TargetsFile = "targets.bin";

    /// <inheritdoc/>
    public override string Name => "teachers";

    /// <inheritdoc/>
    public override int Version => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Inputs => ["tokenizer", "languages"];

    /// <inheritdoc/>
    public override bool IsNeeded(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Distillation.IsOn;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<InputFile> SelectFiles(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Distillation.Teachers > 0 ? new ModelStage().SelectFiles(config) : [.. config.Distillation.From.Select((folder, i) => TeacherRun.ModelOf(folder, i + 1))];
    }

    /// <inheritdoc/>
    protected override TeachersSettings SettingsFrom(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        DistillationConfig distillation = config.Distillation;
        return new TeachersSettings(
            [.. Enumerable.Range(1, distillation.Teachers * distillation.Rounds).Select(number => TeacherSettings.Of(config, number))],
            distillation.From.Count, distillation.Candidates, ModelOptions.ContextOf(config.Model))
        {
            Rounds = distillation.Rounds > 1 ? distillation.Rounds : null,
        };
    }

    /// <inheritdoc/>
    protected override void Run(TeachersSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        ITokenizer tokenizer = TextTokenizer.Load(context.Input("tokenizer", TokenizerStage.Folder));
        ScoringOptions options = new() { Window = settings.Window, TextVocabularySize = tokenizer.TextVocabularySize, Threads = Workers.Of(context.Engine) };
        using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
        TeacherSettings[][] rounds = [.. settings.Trained.Chunk(Math.Max(1, settings.Trained.Count / (settings.Rounds ?? 1)))];
        string? targets = null;
        for (int round = 0; round < rounds.Length - 1; round++)
        {
            string folder = Path.Combine(context.Scratch, string.Create(CultureInfo.InvariantCulture, $"round-{round + 1}"));
            if (!File.Exists(Path.Combine(folder, TeacherTraining.DoneName)))
            {
                Directory.CreateDirectory(folder);
                Write(Trained(rounds, round, targets, context), Path.Combine(folder, TargetsFile));
                AtomicFile.WriteText(Path.Combine(folder, TeacherTraining.DoneName), "");
            }
            targets = folder;
        }
        IEnumerable<CausalSession> last = rounds.Length > 0 ? Trained(rounds, rounds.Length - 1, targets, context)
            : Enumerable.Range(1, settings.Runs).Select(number => Finished(context.File(TeacherRun.NameOf(number)), options, context));
        Write(last, context.OutputFile(TargetsFile));

        void Write(IEnumerable<CausalSession> sessions, string path)
        {
            List<CausalSession> teachers = [];
            try
            {
                foreach (CausalSession teacher in sessions) teachers.Add(teacher);
                new TeacherPredictions(teachers, tokens, tokenizer, options).Write(path, settings.Candidates, context);
            }
            finally
            {
                foreach (CausalSession teacher in teachers) teacher.Dispose();
            }
        }
    }

    private static IEnumerable<CausalSession> Trained(TeacherSettings[][] rounds, int round, string? targets, StageContext context)
    {
        int before = round * rounds[0].Length, count = rounds.Length * rounds[0].Length;
        // All are trained before the first session is made: a session would lie in memory while the next one is trained.
        Func<ModelProto>[] trained = [.. rounds[round].Select((teacher, i) => TeacherTraining.Train(teacher, before + i + 1, count, targets, context))];
        return trained.Select((model, i) => CausalSession.Load(model(), TeacherRun.NameOf(before + i + 1), withCache: false));
    }

    private static CausalSession Finished(string model, ScoringOptions options, StageContext context)
    {
        TeacherRun.RequireFit(model, context.Input("tokenizer"), options.Window);
        CausalSession session = CausalSession.Open(model, withCache: false);
        if (session.Vocabulary >= options.TextVocabularySize) return session;
        session.Dispose();
        throw new InputException($"the teacher predicts {session.Vocabulary} ids, the tokenizer needs {options.TextVocabularySize}", model, "leave it out of distillation.from");
    }
}
