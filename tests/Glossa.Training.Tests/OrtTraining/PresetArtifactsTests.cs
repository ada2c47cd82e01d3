using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Verification;
using NUnit.Framework;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>Artifacts of the main job's presets, in both of their forms: the real runtime's losses against Glossa's own engine.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class PresetArtifactsTests
{
    private const int Steps = 20;

    // Batches of two shapes take turns.
    private static readonly (int Batch, int Sequence)[] Shapes = [(3, 10), (2, 7)];

    /// <summary>A small model of the default preset.</summary>
    internal static readonly TransformerOptions Nanochat = new()
    {
        Vocabulary = 45,
        TextVocabulary = 40,
        Layers = 2,
        Width = 32,
        Heads = 4,
        KeyValueHeads = 4,
        HeadSize = 8,
        FeedForward = 64,
        Context = 16,
    };

    private static readonly TransformerOptions Qwen3 = Nanochat with { ModelType = "qwen3", FeedForwardKind = FeedForwardKind.SwiGlu, NormGain = true, EmbeddingNorm = false, KeyValueHeads = 2 };

    private static readonly TransformerOptions Masked = Nanochat with { ModelType = "glossa", Task = TransformerTask.MaskedLm };

    private static IEnumerable<TestCaseData> Presets()
    {
        yield return new TestCaseData(Nanochat, false).SetArgDisplayNames("nanochat", "as stored");
        yield return new TestCaseData(Nanochat, true).SetArgDisplayNames("nanochat", "as trained");
        yield return new TestCaseData(Qwen3, false).SetArgDisplayNames("qwen3", "as stored");
        yield return new TestCaseData(Masked, false).SetArgDisplayNames("masked", "as stored");
    }

    [TestCaseSource(nameof(Presets))]
    public void Train_Preset_GivesTheLossesOfOurEngine(TransformerOptions options, bool timeMajor)
    {
        Dictionary<string, float[]> parameters = TransformerParameters.Of(options)
            .ToDictionary(spec => spec.Name, spec => (spec with { Init = ParameterInit.Normal, Scale = 0.2f }).Initialize(11));
        ModelProto forward = timeMajor ? TrainingGraph.Build(options, parameters) : InferenceGraph.Build(options, parameters);
        ImportedModel model = ModelImport.Prepare(forward, new ImportOptions());
        LossKind loss = options.Task == TransformerTask.CausalLm ? LossKind.CausalLm : LossKind.MaskedLm;
        using ArtifactsInFolder artifacts = new(model, new ArtifactOptions
        {
            Loss = loss,
            TimeMajor = timeMajor,
            Optimizer = new() { Mode = AdamMode.PyTorch, Epsilon = 1e-8f, WeightDecay = 0.01f },
        });
        StepModel step = TrainingStep.Build(model, new StepOptions { Loss = loss, TimeMajor = timeMajor });
        Assert.That(step.Parameters.Select(p => p.Name), Is.EquivalentTo(parameters.Keys));
        string[] inputs = [.. step.Model.Graph.Input.Select(input => input.Name).Where(input => !parameters.ContainsKey(input))];
        FeedTensor[][] batches = [.. Shapes.Select(shape => (FeedTensor[])[.. inputs.Select(input => Feed(options, input, shape.Batch, shape.Sequence))])];
        RealTraining training = RealRuntime.Train(artifacts.Path, artifacts.Batches(batches), Steps);
        float[] own = OwnEngine.Losses(step, model.Forward.Graph, Steps, batches);
        OwnEngine.AssertSame(training.Losses, own);
    }

    // Rows of several lengths, padded on the right; the padding is masked where the graph takes a mask, and never scored.
    private static FeedTensor Feed(TransformerOptions options, string name, int batch, int sequence)
    {
        FeedTensor Table(Func<int, int, long> value) =>
            new(name, DataType.Int64, [batch, sequence], Enumerable.Range(0, batch * sequence).Select(at => value(at / sequence, at % sequence)).ToArray());
        bool Inside(int row, int i) => i < sequence - (row * 2);
        long Id(int row, int i) => ((row * 7) + (i * 5)) % options.TextVocabulary;
        return name switch
        {
            "input_ids" => Table((row, i) => Inside(row, i) ? Id(row, i) : 0),
            "labels" => Table((row, i) => Inside(row, i) ? Id(row, i) : StepModel.IgnoredLabel),
            "attention_mask" => Table((row, i) => Inside(row, i) ? 1 : 0),
            "position_ids" => Table((_, i) => i),
            _ => new FeedTensor(name, DataType.Float, [batch, options.KeyValueHeads, 0, options.HeadSize], Array.Empty<float>()),
        };
    }
}
