using CsCheck;
using Glossa.Data.Tokenizers;
using Glossa.Models.Onnx;
using Glossa.Pipeline.Evaluate;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Evaluate;

public sealed class CausalScorerTests
{
    private const int Vocabulary = 40;
    private const int TextVocabulary = 37;
    private const int Positions = 64;

    private static readonly float[] Bigrams = TestModels.Normal(Vocabulary * Vocabulary, 1);
    private static readonly float[] Places = TestModels.Normal(Positions * Vocabulary, 2);
    private static readonly ModelProto Model = TestModels.Bigram(Bigrams, Places, Vocabulary);

    private static readonly ScoringOptions Options = new() { Window = 16, TextVocabularySize = TextVocabulary, Threads = 1, BatchTokens = 48 };

    [Test]
    public void Score_ShortAndLongTexts_SumsBitsOfEveryTokenButTheFirstOverBytes()
    {
        int[][] ids = [[38, 5, 6, 1], [38, 1], [39, 7, 1], RandomIds(100, 3), RandomIds(17, 4), RandomIds(16, 5)];
        ScoringSequence[] sequences =
        [
            new(0, ids[0], 5), new(0, ids[1], 0), new(1, ids[2], 2), new(1, ids[3], 301), new(1, ids[4], 20), new(0, ids[5], 31),
        ];
        using CausalScorer scorer = CausalScorer.Load(Model, Options);

        EvaluationResult result = scorer.Score(sequences, ["aa", "bb"]);

        Assert.That(result.Languages[0].Bits, Is.EqualTo(Expected(ids[0]) + Expected(ids[1]) + Expected(ids[5])).Within(1e-4));
        Assert.That(result.Languages[1].Bits, Is.EqualTo(Expected(ids[2]) + Expected(ids[3]) + Expected(ids[4])).Within(1e-4));
        Assert.That(result.Languages[0], Has.Property("Bytes").EqualTo(36L).And.Property("Tokens").EqualTo(19L).And.Property("Texts").EqualTo(3L));
        Assert.That(result.Languages[1].BitsPerByte, Is.EqualTo(result.Languages[1].Bits / 323));
        Assert.That((result.Window, result.Stride), Is.EqualTo((16, 12)));
    }

    [Test]
    public void Score_AnyLengths_ScoresEachTokenOnce() =>
        Gen.Int[2, 90].Array[1, 12].Sample(lengths =>
        {
            int[][] ids = [.. lengths.Select((length, i) => RandomIds(length, (ulong)i))];
            using CausalScorer scorer = CausalScorer.Load(Model, Options);
            EvaluationResult result = scorer.Score([.. ids.Select(i => new ScoringSequence(0, i, 1))], ["aa"]);
            double expected = ids.Sum(Expected);
            return Math.Abs(result.Languages[0].Bits - expected) < 1e-6 * expected + 1e-5;
        }, iter: 30, seed: "0N0XIzNsQ0O2");

    [Test]
    public void Score_MoreWindowsThanAPlanHolds_ScoresEachOnce()
    {
        const int Texts = 70_000;
        int[] ids = [38, 5, 1];
        using CausalScorer scorer = CausalScorer.Load(Model, Options with { BatchTokens = 4096 });

        EvaluationResult result = scorer.Score([.. Enumerable.Range(0, Texts).Select(i => new ScoringSequence(i / 66_000, ids, 1))], ["aa", "bb"]);

        Assert.That(result.Languages.Select(l => l.Texts), Is.EqualTo(new[] { 66_000, 4_000 }));
        Assert.That(result.Languages.Select(l => l.Bits), Is.EqualTo(new[] { 66_000 * Expected(ids), 4_000 * Expected(ids) }).Within(1e-4).Percent);
    }

    [TestCase("text-generation-gpt2")]
    [TestCase("text-generation-llama")]
    public void Score_FixtureModel_AgreesWithOneSequenceAtATime(string name)
    {
        SeededRandom random = new(9);
        ScoringSequence[] sequences = [.. Enumerable.Range(0, 20).Select(i =>
            new ScoringSequence(i % 3, Enumerable.Range(0, 2 + random.NextInt32(60)).Select(_ => random.NextInt32(900)).ToArray(), 10))];
        using CausalScorer scorer = CausalScorer.Open(
            TestModels.File(name), new ScoringOptions { Window = 128, TextVocabularySize = 900, Threads = 2, BatchTokens = 256 });
        using InferenceSession session = new(TestModels.File(name));

        EvaluationResult result = scorer.Score(sequences, ["aa", "bb", "cc"]);

        double[] expected = new double[3];
        foreach (ScoringSequence sequence in sequences) expected[sequence.Language] += BitsAlone(session, sequence.Ids.ToArray(), 900);
        Assert.That(result.Languages.Select(l => l.Bits), Is.EqualTo(expected).Within(1e-4).Percent);
    }

    [Test]
    public void Score_AnyNumberOfThreads_GivesTheSameBits()
    {
        ScoringSequence[] sequences = [.. Enumerable.Range(0, 60).Select(i => new ScoringSequence(i % 4, RandomIds(2 + i, (ulong)i), i + 1))];
        double[][] bits = [.. new[] { 1, 2, 5 }.Select(threads =>
        {
            using CausalScorer scorer = CausalScorer.Open(
                TestModels.File("text-generation-llama"), Options with { Threads = threads, TextVocabularySize = 900 });
            return scorer.Score(sequences, ["a", "b", "c", "d"]).Languages.Select(l => l.Bits).ToArray();
        })];

        Assert.That(bits[1], Is.EqualTo(bits[0]));
        Assert.That(bits[2], Is.EqualTo(bits[0]));
    }

    [Test]
    public void Score_Texts_StartsWithTheTagOrBeginAndEndsWithEnd()
    {
        ByteTokenizer tokenizer = new();
        List<ScoringSequence> sequences = ScoringSequences.FromTexts(tokenizer, [("aa", ["é"]), ("zz", ["b", ""])]);

        Assert.That(sequences[0].Ids.ToArray(), Is.EqualTo(new[] { 259, 0xC3, 0xA9, 257 }));
        Assert.That(sequences[0].Bytes, Is.EqualTo(2));
        Assert.That(sequences[1].Ids.ToArray(), Is.EqualTo(new[] { 256, 'b', 257 }));
        Assert.That(sequences[2].Ids.ToArray(), Is.EqualTo(new[] { 256, 257 }));
        Assert.That(sequences[2].Language, Is.EqualTo(1));
    }

    [Test]
    public void Score_UniformModel_CostsTheLogarithmOfTheTextVocabulary()
    {
        ModelProto uniform = TestModels.Bigram(new float[260 * 260], new float[Positions * 260], 260);
        using CausalScorer scorer = CausalScorer.Load(uniform, new ScoringOptions { Window = 64, TextVocabularySize = 259 });

        EvaluationResult result = scorer.Score(new ByteTokenizer(), [("aa", ["abcd", "é"])]);

        Assert.That(result.Mean, Is.EqualTo(8 * Math.Log2(259) / 6).Within(1e-6));
    }

    [Test]
    public void Score_LanguageWithoutText_SaysWhich()
    {
        using CausalScorer scorer = CausalScorer.Load(Model, Options);
        InputException? e = Assert.Throws<InputException>(() => scorer.Score([new(0, new[] { 38, 1 }, 3)], ["aa", "bb"]));
        Assert.That(e!.Message, Does.Contain("'bb'"));
    }

    [Test]
    public void Score_LogitsNotANumber_NamesTheLanguage()
    {
        float[] broken = [.. Bigrams];
        broken[7 * Vocabulary + 3] = float.NaN;
        using CausalScorer scorer = CausalScorer.Load(TestModels.Bigram(broken, Places, Vocabulary), Options);
        WorkException? e = Assert.Throws<WorkException>(() => scorer.Score([new(0, new[] { 38, 1 }, 3), new(1, new[] { 38, 7, 1 }, 3)], ["aa", "bb"]));
        Assert.That(e!.Message, Does.Contain("'bb'"));
    }

    [Test]
    public void Score_MaskedTarget_Throws()
    {
        using CausalScorer scorer = CausalScorer.Load(Model, Options);
        Assert.Throws<ArgumentException>(() => scorer.Score([new(0, new[] { 38, 38, 1 }, 3)], ["aa"]));
    }

    [Test]
    public void Score_Cancelled_Throws()
    {
        using CausalScorer scorer = CausalScorer.Load(Model, Options);
        Assert.Throws<OperationCanceledException>(
            () => scorer.Score([new(0, new[] { 38, 1 }, 3)], ["aa"], new CancellationToken(canceled: true)));
    }

    [Test]
    public void Open_DamagedOrMissingFile_SaysSo()
    {
        string path = Path.Combine(Path.GetTempPath(), $"glossa-{Guid.NewGuid():N}.onnx");
        Assert.That(Assert.Throws<InputException>(() => CausalScorer.Open(path, Options))!.Message, Does.Contain("no such model file"));
        try
        {
            System.IO.File.WriteAllBytes(path, System.IO.File.ReadAllBytes(TestModels.File("text-generation-gpt2"))[..200_000]);
            Assert.That(Assert.Throws<InputException>(() => CausalScorer.Open(path, Options))!.Message, Does.Contain("damaged model file"));
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Test]
    public void Open_TokenizerLargerThanTheModel_SaysSo() =>
        Assert.That(
            Assert.Throws<InputException>(() => CausalScorer.Load(Model, Options with { TextVocabularySize = 41 }))!.Message,
            Does.Contain("predicts 40 ids"));

    [Test]
    public void Result_SeveralLanguages_SummarisesWithoutWeights()
    {
        EvaluationResult result = new([.. Enumerable.Range(1, 12).Select(i => new LanguageScore($"l{i}", 1, 1, i, i * i))], 16, 12);
        Assert.That(result.Mean, Is.EqualTo(6.5));
        Assert.That(result.Median, Is.EqualTo(6.5));
        Assert.That(result.WorstDecile, Is.EqualTo(11.5));
    }

    /// <summary>Bits of a whole sequence by the definition, in double precision, window by window.</summary>
    private static double Expected(int[] ids)
    {
        double bits = 0;
        for (int target = 1; target < ids.Length; target++)
        {
            int start = target < Options.Window ? 0 : ((target - Options.Window) / Options.Stride + 1) * Options.Stride;
            int position = target - 1 - start;
            double sum = 0;
            for (int v = 0; v < TextVocabulary; v++) sum += Math.Exp(Logit(ids[target - 1], position, v));
            bits += (Math.Log(sum) - Logit(ids[target - 1], position, ids[target])) / Math.Log(2);
        }
        return bits;
    }

    private static float Logit(int id, int position, int v) => Bigrams[id * Vocabulary + v] + Places[position * Vocabulary + v];

    private static double BitsAlone(InferenceSession session, int[] ids, int textVocabulary)
    {
        int n = ids.Length;
        Dictionary<string, OrtValue> inputs = new()
        {
            ["input_ids"] = OrtValue.CreateTensorValueFromMemory(ids.Select(i => (long)i).ToArray(), [1, n]),
            ["attention_mask"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, n).ToArray(), [1, n]),
            ["position_ids"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, n).Select(i => (long)i).ToArray(), [1, n]),
        };
        foreach ((string name, NodeMetadata past) in session.InputMetadata.Where(i => i.Key.StartsWith("past", StringComparison.Ordinal)))
            inputs[name] = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, past.Dimensions[1], 0, past.Dimensions[3]]);
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, ["logits"]);
        float[] logits = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        double bits = 0;
        for (int target = 1; target < n; target++)
        {
            float[] row = logits[((target - 1) * 1000)..((target - 1) * 1000 + textVocabulary)];
            bits += (Math.Log(row.Sum(x => Math.Exp(x))) - row[ids[target]]) / Math.Log(2);
        }
        return bits;
    }

    private static int[] RandomIds(int length, ulong seed)
    {
        SeededRandom random = new(seed);
        int[] ids = new int[length];
        for (int i = 0; i < length; i++) ids[i] = random.NextInt32(TextVocabulary);
        return ids;
    }
}
