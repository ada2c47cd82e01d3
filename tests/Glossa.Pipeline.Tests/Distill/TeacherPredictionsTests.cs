using Glossa.Data.Corpora;
using Glossa.Data.Targets;
using Glossa.Pipeline.Distill;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tests.Evaluate;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Distill;

/// <summary>Two models whose probabilities a test can work out, over texts of which one is longer than the window.</summary>
internal sealed class TeacherPredictionsTests
{
    private const int Vocabulary = 260, Window = 16, Candidates = 5;

    private static readonly (int Language, CorpusSplit Split, string Text)[] Texts =
        [(0, CorpusSplit.Train, "ab"), (0, CorpusSplit.Test, "never seen"), (1, CorpusSplit.Train, "a text that is longer than one window is cut"), (1, CorpusSplit.Train, "x")];

    private static readonly float[][] Tables = [TestModels.Normal(Vocabulary * Vocabulary, 1), TestModels.Normal(Vocabulary * Vocabulary, 2)];

    private TemporaryTokens _tokens = null!;

    [SetUp]
    public void SetUp() => _tokens = new TemporaryTokens(["aa", "bb"], Texts);

    [TearDown]
    public void TearDown() => _tokens.Dispose();

    [Test]
    public void Write_TwoTeachers_KeepsTheMostProbableOfTheMean()
    {
        Write("targets.bin", threads: 1);
        using TargetFile file = TargetFile.Open(_tokens.Folder["targets.bin"]);
        TokenSequences sequences = new(_tokens.File, new ByteTokenizer(), CorpusSplit.Train, step: 1);
        Assert.That(Enumerable.Range(0, sequences.Count).Select(sequences.TextOf), Is.EqualTo(new[] { 0, 2, 3 }));
        for (int number = 0; number < sequences.Count; number++)
        {
            int text = sequences.TextOf(number);
            int[] sequence = sequences[number].Ids.ToArray(), ids = new int[(sequence.Length - 1) * Candidates];
            float[] probabilities = new float[ids.Length];
            file.Read(text, 0, ids, probabilities);
            for (int i = 0; i + 1 < sequence.Length; i++)
            {
                double[] mean = [.. Softmax(Tables[0], sequence[i]).Zip(Softmax(Tables[1], sequence[i]), (a, b) => (a + b) / 2)];
                int[] best = [.. Enumerable.Range(0, mean.Length).OrderByDescending(id => mean[id]).Take(Candidates)];
                Assert.That(ids[(i * Candidates)..((i + 1) * Candidates)], Is.EqualTo(best), $"text {text}, prediction {i}");
                Assert.That(probabilities[(i * Candidates)..((i + 1) * Candidates)].Select(p => (double)p), Is.EqualTo(best.Select(id => mean[id])).Within(1e-4));
            }
        }
        Assert.That(() => file.Read(1, 0, new int[Candidates], new float[Candidates]), Throws.TypeOf<InputException>(), "a text of the test split has no predictions");
    }

    [Test]
    public void Write_Threads_DoNotChangeTheFile()
    {
        Write("one.bin", threads: 1);
        Write("three.bin", threads: 3);
        Assert.That(ContentHash.OfFile(_tokens.Folder["three.bin"]), Is.EqualTo(ContentHash.OfFile(_tokens.Folder["one.bin"])));
    }

    [Test]
    public void Write_MoreTextsThanAPlanTakes_WritesThemAll()
    {
        const int count = 70_000;
        using TemporaryTokens many = new(["aa"], Enumerable.Range(0, count).Select(i => (0, CorpusSplit.Train, ((char)('a' + (i % 26))).ToString())));
        Write("targets.bin", threads: 2, many, 4096);
        using TargetFile file = TargetFile.Open(_tokens.Folder["targets.bin"]);
        int[] ids = new int[2 * Candidates], first = new int[2 * Candidates];
        file.Read(count % 26, 0, first, new float[2 * Candidates]);
        Assert.That(() => file.Read(count - 26, 0, ids, new float[2 * Candidates]), Throws.Nothing);
        Assert.That(ids, Is.EqualTo(first), "the same text");
    }

    [Test]
    public void Write_TeacherWithoutNumbers_SaysSo()
    {
        float[] broken = [.. Tables[0]];
        Array.Fill(broken, float.NaN, 'x' * Vocabulary, Vocabulary);
        Assert.That(() => Write("targets.bin", threads: 2, Tables[1], broken), Throws.TypeOf<WorkException>().With.Message.Contains("not finite"));
    }

    private void Write(string name, int threads, params float[][] tables) => Write(name, threads, null, 40, tables);

    private void Write(string name, int threads, TemporaryTokens? texts, int batchTokens, params float[][] tables)
    {
        ScoringOptions options = new() { Window = Window, TextVocabularySize = 259, Threads = threads, BatchTokens = batchTokens };
        List<CausalSession> teachers = [.. (tables.Length == 0 ? Tables : tables).Select(table => CausalSession.Load(TestModels.Bigram(table, new float[Window * Vocabulary], Vocabulary), "teacher", withCache: false))];
        new TeacherPredictions(teachers, (texts ?? _tokens).File, new ByteTokenizer(), options).Write(_tokens.Folder[name], Candidates, new StageContext(_tokens.Folder.Path, _tokens.Folder.Path));
        foreach (CausalSession teacher in teachers) teacher.Dispose();
    }

    // Of the row of a bigram table, tags left out.
    private static double[] Softmax(float[] table, int id)
    {
        double[] powers = [.. table.AsSpan(id * Vocabulary, 259).ToArray().Select(logit => Math.Exp(logit))];
        return [.. powers.Select(power => power / powers.Sum())];
    }
}
