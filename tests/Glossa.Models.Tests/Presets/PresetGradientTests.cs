using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Models.Tests.Evaluation;
using Glossa.Training.Engines;
using NUnit.Framework;

namespace Glossa.Models.Tests.Presets;

/// <summary>Every parameter's gradient of every preset: in double against central differences of the loss, in float32 against the double.</summary>
public sealed class PresetGradientTests
{
    private const int Batch = 2, Sequence = 5;

    // A key's bias moves all scores of a query alike, so that its gradient is zero but for rounding.
    private const double NearZero = 1e-8;

    private static IEnumerable<TestCaseData> Presets()
    {
        TransformerOptions tiny = new()
        {
            Vocabulary = 9,
            TextVocabulary = 7,
            Layers = 2,
            Width = 8,
            Heads = 2,
            KeyValueHeads = 2,
            HeadSize = 4,
            FeedForward = 8,
            Context = 8,
        };
        yield return new TestCaseData(tiny).SetArgDisplayNames("nanochat");
        yield return new TestCaseData(tiny with { TiedHead = true, Layers = 1 }).SetArgDisplayNames("nanochat tied");
        yield return new TestCaseData(tiny with
        {
            ModelType = "qwen3",
            FeedForwardKind = FeedForwardKind.SwiGlu,
            NormGain = true,
            EmbeddingNorm = false,
            KeyValueHeads = 1,
        }).SetArgDisplayNames("qwen3 with grouped keys");
        yield return new TestCaseData(tiny with { ModelType = "glossa", Task = TransformerTask.MaskedLm }).SetArgDisplayNames("masked");
        yield return new TestCaseData(Gpt2(tiny)).SetArgDisplayNames("gpt2");
        yield return new TestCaseData(Gpt2(tiny) with { TiedHead = false, Layers = 1, QueryKeyNorm = true, FeedForwardKind = FeedForwardKind.SwiGlu }).SetArgDisplayNames("gpt2 with switches of others");
        yield return new TestCaseData(tiny with { QueryKeyNorm = false, Layers = 1 }).SetArgDisplayNames("without query-key norm");
    }

    private static TransformerOptions Gpt2(TransformerOptions sizes) => sizes with
    {
        ModelType = "gpt2",
        FeedForwardKind = FeedForwardKind.Gelu,
        Norm = NormKind.Layer,
        NormGain = true,
        NormEpsilon = 1e-5f,
        EmbeddingNorm = false,
        QueryKeyNorm = false,
        Biases = true,
        Positions = PositionKind.Learned,
        Start = StartKind.Small,
        TiedHead = true,
    };

    private static IEnumerable<TestCaseData> PresetsWithDropout() =>
        Presets().Append(new TestCaseData(((TransformerOptions)Presets().First().Arguments[0]!) with { Dropout = 0.25f }).SetArgDisplayNames("dropout"));

    [TestCaseSource(nameof(PresetsWithDropout))]
    public void Step_Preset_DoubleGradientsMatchDifferences(TransformerOptions options)
    {
        Dictionary<string, float[]> parameters = Parameters(options);
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, parameters), Options(options));
        Dictionary<string, DoubleTensor> feeds = Feeds(options, step, parameters);
        DoubleEvaluator evaluator = new(step.Model.Graph);
        string[] gradients = [.. step.Parameters.Select(p => StepModel.Gradient(p.Name))];
        IReadOnlyDictionary<string, DoubleTensor> computed = evaluator.Run(feeds, gradients);
        Assert.That(step.Parameters.Select(p => p.Name), Is.EquivalentTo(parameters.Keys));
        foreach ((string name, _) in step.Parameters) CheckDifferences(evaluator, feeds, name, computed[StepModel.Gradient(name)]);
    }

    [Test]
    public void Step_ZLoss_AddsTheSquaredLogDenominatorAndItsGradient([Values] bool tied)
    {
        TransformerOptions options = ((TransformerOptions)Presets().First().Arguments[0]!) with { Layers = 1, TiedHead = tied };
        Dictionary<string, float[]> parameters = Parameters(options);
        ModelProto forward = TrainingGraph.Build(options, parameters);
        StepModel plain = TrainingStep.Build(forward, Options(options)), step = TrainingStep.Build(forward, Options(options) with { ZLoss = 0.25f });
        Dictionary<string, DoubleTensor> feeds = Feeds(options, step, parameters);
        string logits = forward.Graph.Output[0].Name;
        double[] values = new DoubleEvaluator(forward.Graph).Run(feeds, logits)[logits].Data, labels = Labels(options).Data;
        double squares = 0, count = 0;
        for (int t = 0; t + 1 < Sequence; t++)
        {
            for (int b = 0; b < Batch; b++)
            {
                if (labels[(b * Sequence) + t + 1] == StepModel.IgnoredLabel) continue;
                squares += Math.Pow(Math.Log(values.AsSpan(((t * Batch) + b) * options.TextVocabulary, options.TextVocabulary).ToArray().Sum(Math.Exp)), 2);
                count++;
            }
        }
        DoubleEvaluator evaluator = new(step.Model.Graph);
        double without = new DoubleEvaluator(plain.Model.Graph).Run(feeds, StepModel.Loss)[StepModel.Loss].Data[0];
        Assert.That(evaluator.Run(feeds, StepModel.Loss)[StepModel.Loss].Data[0], Is.EqualTo(without + 0.25 * squares / count).Within(1e-12));
        IReadOnlyDictionary<string, DoubleTensor> computed = evaluator.Run(feeds, [.. step.Parameters.Select(p => StepModel.Gradient(p.Name))]);
        foreach ((string name, _) in step.Parameters) CheckDifferences(evaluator, feeds, name, computed[StepModel.Gradient(name)]);
    }

    [TestCaseSource(nameof(Presets))]
    public void Engine_Preset_FloatGradientsMatchDouble(TransformerOptions options)
    {
        Dictionary<string, float[]> parameters = Parameters(options);
        ModelProto forward = TrainingGraph.Build(options, parameters);
        StepModel plain = TrainingStep.Build(forward, Options(options));
        Dictionary<string, DoubleTensor> feeds = Feeds(options, plain, parameters);
        IReadOnlyDictionary<string, DoubleTensor> expected = new DoubleEvaluator(plain.Model.Graph)
            .Run(feeds, [StepModel.Loss, .. plain.Parameters.Select(p => StepModel.Gradient(p.Name))]);

        // Two micro-batches of one sequence each on two workers have to give the gradient of the batch.
        using CpuEngine engine = new(TrainingStep.Build(forward, Options(options) with { Accumulate = true, WeightedLoss = true }), parameters, workers: 2);
        MicroBatch[] rows = [.. Enumerable.Range(0, Batch).Select(row => Row(options, row))];
        int labels = (int)Labels(options).Data.Where((_, i) => options.Task == TransformerTask.MaskedLm || i % Sequence > 0).Count(v => v != StepModel.IgnoredLabel);
        double loss = engine.Run(rows, 1f / labels);
        Assert.That(loss, Is.EqualTo(expected[StepModel.Loss].Data[0]).Within(1e-5));
        foreach ((string name, _) in plain.Parameters)
        {
            double[] exact = expected[StepModel.Gradient(name)].Data;
            double largest = exact.Max(Math.Abs);
            float[] computed = engine.Gradients.Slice(engine.Layout[name]).ToArray();
            double worst = exact.Zip(computed, (a, b) => Math.Abs(a - b)).Max();
            Assert.That(worst, Is.LessThanOrEqualTo(1e-4 * largest + NearZero), name);
        }
    }

    [TestCaseSource(nameof(Presets))]
    public void StandardOperators_Preset_SameGradientsAsFused(TransformerOptions options)
    {
        Dictionary<string, float[]> parameters = Parameters(options);
        ModelProto forward = TrainingGraph.Build(options, parameters);
        StepModel fused = TrainingStep.Build(forward, Options(options)), plain = TrainingStep.Build(forward, Options(options) with { FusedOperators = false });
        Dictionary<string, DoubleTensor> feeds = Feeds(options, fused, parameters);
        string[] wanted = [.. fused.Parameters.Select(p => StepModel.Gradient(p.Name))];
        IReadOnlyDictionary<string, DoubleTensor> a = new DoubleEvaluator(fused.Model.Graph).Run(feeds, wanted), b = new DoubleEvaluator(plain.Model.Graph).Run(feeds, wanted);
        foreach (string name in wanted)
            Assert.That(a[name].Data.Zip(b[name].Data, (x, y) => Math.Abs(x - y)).Max(), Is.LessThanOrEqualTo(1e-12 * b[name].Data.Max(Math.Abs) + 1e-16), name);
    }

    [TestCaseSource(nameof(Presets))]
    public void InferenceGraph_Preset_SameLogitsAsTrainingGraph(TransformerOptions options)
    {
        Dictionary<string, float[]> parameters = Parameters(options);
        ModelProto training = TrainingGraph.Build(options, parameters), inference = InferenceGraph.Build(options, parameters);
        Dictionary<string, DoubleTensor> feeds = new() { ["input_ids"] = Ids(options), ["attention_mask"] = DoubleTensor.Wholes([Batch, Sequence], [.. Enumerable.Repeat(1L, Batch * Sequence)]) };
        string logits = training.Graph.Output[0].Name;
        DoubleTensor timeMajor = new DoubleEvaluator(training.Graph).Run(feeds, logits)[logits];
        feeds["position_ids"] = DoubleTensor.Wholes([Batch, Sequence], [.. Enumerable.Range(0, Batch * Sequence).Select(i => (long)(i % Sequence))]);
        for (int i = 0; i < options.Layers; i++)
        {
            foreach (string which in (string[])["key", "value"])
                feeds[$"past_key_values.{i}.{which}"] = DoubleTensor.Of(TensorProto.Types.DataType.Float, [Batch, options.KeyValueHeads, 0, options.HeadSize]);
        }
        DoubleTensor batchMajor = new DoubleEvaluator(inference.Graph).Run(feeds, "logits")["logits"];
        Assert.That(batchMajor.Shape, Is.EqualTo(new[] { Batch, Sequence, options.Vocabulary }));
        for (int b = 0; b < Batch; b++)
        {
            for (int t = 0; t < Sequence; t++)
            {
                for (int v = 0; v < options.TextVocabulary; v++)
                {
                    double expected = timeMajor.Data[((t * Batch) + b) * options.TextVocabulary + v];
                    Assert.That(batchMajor.Data[((b * Sequence) + t) * options.Vocabulary + v], Is.EqualTo(expected).Within(1e-9));
                }
            }
        }
    }

    [TestCaseSource(nameof(Presets))]
    public void InferenceGraph_WithACache_SameLogitsAsAtOnce(TransformerOptions options)
    {
        if (options.Task != TransformerTask.CausalLm) Assert.Ignore("a masked model has no cache");
        const int Given = 3;
        DoubleEvaluator model = new(InferenceGraph.Build(options, Parameters(options)).Graph);
        string[] kept = [.. Enumerable.Range(0, options.Layers).SelectMany(i => (string[])[$"{i}.key", $"{i}.value"])];
        string[] wanted = ["logits", .. kept.Select(name => "present." + name)];
        double[] ids = Ids(options).Data[..Sequence];
        IReadOnlyDictionary<string, DoubleTensor> Run(int from, int to, Func<string, DoubleTensor> past)
        {
            Dictionary<string, DoubleTensor> feeds = kept.ToDictionary(name => "past_key_values." + name, past);
            feeds["input_ids"] = DoubleTensor.Wholes([1, to - from], [.. ids[from..to].Select(id => (long)id)]);
            feeds["position_ids"] = DoubleTensor.Wholes([1, to - from], [.. Enumerable.Range(from, to - from).Select(i => (long)i)]);
            feeds["attention_mask"] = DoubleTensor.Wholes([1, to], [.. Enumerable.Repeat(1L, to)]);
            return model.Run(feeds, wanted);
        }
        DoubleTensor None(string name) => DoubleTensor.Of(TensorProto.Types.DataType.Float, [1, options.KeyValueHeads, 0, options.HeadSize]);
        double[] whole = Run(0, Sequence, None)["logits"].Data;
        IReadOnlyDictionary<string, DoubleTensor> first = Run(0, Given, None);
        double[] rest = Run(Given, Sequence, name => first["present." + name])["logits"].Data;
        Assert.That(rest.Zip(whole[(Given * options.Vocabulary)..], (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(1e-9));
    }

    [Test]
    public void Step_DynamicAxes_RunAtAnotherShape()
    {
        TransformerOptions options = (TransformerOptions)Presets().First().Arguments[0]!;
        Dictionary<string, float[]> parameters = Parameters(options);
        using CpuEngine engine = new(TrainingStep.Build(TrainingGraph.Build(options, parameters), Options(options) with { Accumulate = true, WeightedLoss = true }), parameters, 1);
        foreach ((int batch, int sequence) in new[] { (1, 8), (3, 2), (4, 7) })
        {
            long[] ids = [.. Enumerable.Range(0, batch * sequence).Select(i => (long)(i % options.TextVocabulary))];
            Assert.That(engine.Run([MicroBatch.OfTokens(batch, sequence, ids, ids)], 1f), Is.GreaterThan(0).And.LessThan(1000));
        }
    }

    [Test]
    public void Engine_Dropout_DependsOnTheSeedAlone()
    {
        TransformerOptions options = ((TransformerOptions)Presets().First().Arguments[0]!) with { Dropout = 0.5f };
        Dictionary<string, float[]> parameters = Parameters(options);
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, parameters), Options(options) with { Accumulate = true, WeightedLoss = true });
        double Loss(float rate, ulong seed)
        {
            using CpuEngine engine = new(step, parameters, 1, rate);
            return engine.Run([Row(options, 0) with { Seed = seed }], 1f);
        }
        double first = Loss(0.5f, 1), again = Loss(0.5f, 1);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(Loss(0.5f, 1), Is.Not.EqualTo(Loss(0.5f, 2)));
        Assert.That(Loss(0, 1), Is.EqualTo(Loss(0, 2)), "a rate of 0 drops nothing");
    }

    private static void CheckDifferences(DoubleEvaluator evaluator, Dictionary<string, DoubleTensor> feeds, string name, DoubleTensor gradient)
    {
        const double h = 1e-5;
        double[] x = feeds[name].Data, expected = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double kept = x[i];
            x[i] = kept + h;
            double up = evaluator.Run(feeds, StepModel.Loss)[StepModel.Loss].Data[0];
            x[i] = kept - h;
            expected[i] = (up - evaluator.Run(feeds, StepModel.Loss)[StepModel.Loss].Data[0]) / (2 * h);
            x[i] = kept;
        }
        double largest = expected.Max(Math.Abs), worst = expected.Zip(gradient.Data, (a, b) => Math.Abs(a - b)).Max();
        Assert.That(gradient.Shape, Is.EqualTo(feeds[name].Shape), name);
        Assert.That(worst, Is.LessThanOrEqualTo(1e-6 * largest + 1e-10), $"{name}: largest {largest}");
    }

    private static StepOptions Options(TransformerOptions options) => new()
    {
        TimeMajor = true,
        Loss = options.Task == TransformerTask.CausalLm ? LossKind.CausalLm : LossKind.MaskedLm,
    };

    // Zero starts would hide most of the gradient, so every parameter is drawn.
    private static Dictionary<string, float[]> Parameters(TransformerOptions options) => TransformerParameters.Of(options)
        .ToDictionary(spec => spec.Name, spec => (spec with { Init = ParameterInit.Normal, Scale = 0.4f }).Initialize(11));

    private static Dictionary<string, DoubleTensor> Feeds(TransformerOptions options, StepModel step, Dictionary<string, float[]> parameters)
    {
        Dictionary<string, DoubleTensor> feeds = step.Parameters.ToDictionary(
            p => p.Name, p => DoubleTensor.Reals([.. p.Shape.Select(d => (int)d)], Array.ConvertAll(parameters[p.Name], v => (double)v)));
        feeds["input_ids"] = Ids(options);
        feeds["attention_mask"] = Mask();
        feeds[StepModel.Labels] = Labels(options);
        SeededRandom random = new(5);
        for (int place = 0; options.Dropout > 0 && place <= 2 * options.Layers; place++)
        {
            feeds[TrainingGraph.DropoutInput(place)] = DoubleTensor.Reals([Sequence, Batch, options.Width],
                [.. Enumerable.Range(0, Sequence * Batch * options.Width).Select(_ => random.NextDouble() < options.Dropout ? 0 : 1 / (1 - (double)options.Dropout))]);
        }
        return feeds;
    }

    private static DoubleTensor Ids(TransformerOptions options)
    {
        SeededRandom random = new(3);
        return DoubleTensor.Wholes([Batch, Sequence], [.. Enumerable.Range(0, Batch * Sequence)
            .Select(i => i % Sequence == 0 ? options.Vocabulary - 1L : random.NextInt32(options.TextVocabulary))]);
    }

    // The second sequence is one shorter: its last position is padding.
    private static DoubleTensor Mask() => DoubleTensor.Wholes([Batch, Sequence], [.. Enumerable.Range(0, Batch * Sequence).Select(i => i == Batch * Sequence - 1 ? 0L : 1L)]);

    private static DoubleTensor Labels(TransformerOptions options)
    {
        double[] ids = Ids(options).Data;
        return DoubleTensor.Wholes([Batch, Sequence], [.. Enumerable.Range(0, Batch * Sequence)
            .Select(i => i == Batch * Sequence - 1 || i % Sequence == 0 ? StepModel.IgnoredLabel : (long)ids[i])]);
    }

    private static MicroBatch Row(TransformerOptions options, int row)
    {
        long[] Part(DoubleTensor tensor) => [.. tensor.Longs.Skip(row * Sequence).Take(Sequence)];
        return MicroBatch.OfTokens(1, Sequence, Part(Ids(options)), Part(Labels(options)), options.Task == TransformerTask.MaskedLm ? Part(Mask()) : null);
    }
}
