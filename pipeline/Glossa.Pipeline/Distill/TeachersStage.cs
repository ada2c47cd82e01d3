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
/// <param name="Trained">The teachers to train; empty where finished runs are the teachers.</param>
/// <param name="Runs">Number of finished runs that are the teachers.</param>
/// <param name="Candidates">Most probable next tokens of each prediction.</param>
/// <param name="Window">Longest window.</param>
public sealed record TeachersSettings(ValueList<TeacherSettings> Trained, int Runs, int Candidates, int Window);

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
            [.. Enumerable.Range(1, distillation.Teachers).Select(number => TeacherSettings.Of(config, number))], distillation.From.Count, distillation.Candidates, ModelOptions.ContextOf(config.Model));
    }

    /// <inheritdoc/>
    protected override void Run(TeachersSettings settings, StageContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        ITokenizer tokenizer = TextTokenizer.Load(context.Input("tokenizer", TokenizerStage.Folder));
        ScoringOptions options = new() { Window = settings.Window, TextVocabularySize = tokenizer.TextVocabularySize, Threads = Workers.Of(context.Engine) };
        List<CausalSession> teachers = [];
        try
        {
            for (int number = 1; number <= settings.Runs; number++) teachers.Add(Finished(context.File(TeacherRun.NameOf(number)), options, context));
            Func<ModelProto>[] trained = [.. settings.Trained.Select((teacher, i) => TeacherTraining.Train(teacher, i + 1, settings.Trained.Count, context))];
            foreach (Func<ModelProto> model in trained) teachers.Add(CausalSession.Load(model(), TeacherRun.NameOf(teachers.Count + 1), withCache: false));
            using TokenFile tokens = TokenFile.Open(context.Input("tokenizer", TokenizerStage.TokensFile));
            new TeacherPredictions(teachers, tokens, tokenizer, options).Write(context.OutputFile(TargetsFile), settings.Candidates, context);
        }
        finally
        {
            foreach (CausalSession teacher in teachers) teacher.Dispose();
        }
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
