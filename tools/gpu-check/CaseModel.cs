using Glossa.Benchmarks.Peers;
using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Engines.Cuda;
using Glossa.Training.Optimizers;

namespace Glossa.GpuCheck;

/// <summary>The step, the start values and the data of a case.</summary>
internal sealed class CaseModel
{
    // Steps take turns over so many batches, so that the loss falls.
    private const int Batches = 4;

    private readonly CheckCase _case;
    private readonly MicroBatch[][] _batches;

    public CaseModel(CheckCase checkCase)
    {
        _case = checkCase;
        StepOptions options = new() { Accumulate = true, WeightedLoss = true, StaticShapes = true };
        if (checkCase.Kind == "gpt")
        {
            GptSizes sizes = new(checkCase.Layers, checkCase.Heads, checkCase.Width, checkCase.FeedForward, checkCase.Vocabulary, checkCase.Sequence);
            Dictionary<string, TensorProto> weights = sizes.Weights();
            Step = TrainingStep.Build(ModelImport.Prepare(new GptGraph(sizes, weights).Build(), new ImportOptions()), options);
            Start = Step.Parameters.ToDictionary(parameter => parameter.Name, parameter => OnnxFactory.Floats(weights[parameter.Name]));
        }
        else
        {
            TransformerOptions preset = new()
            {
                Vocabulary = checkCase.Vocabulary,
                TextVocabulary = checkCase.Vocabulary,
                Layers = checkCase.Layers,
                Width = checkCase.Width,
                Heads = checkCase.Heads,
                KeyValueHeads = checkCase.Heads,
                HeadSize = checkCase.Width / checkCase.Heads,
                FeedForward = checkCase.FeedForward,
                Context = checkCase.Sequence,
            };
            // What starts at zero would leave most gradients zero, and nothing to compare.
            Start = TransformerParameters.Of(preset).ToDictionary(p => p.Name, p => (p.Init == ParameterInit.Zeros ? p with { Init = ParameterInit.Normal, Scale = 0.02f } : p).Initialize(1));
            Step = TrainingStep.Build(TrainingGraph.Build(preset, Start), options with { TimeMajor = true });
        }
        SeededRandom random = new(7);
        _batches = [.. Enumerable.Range(0, Batches).Select(_ => Enumerable.Range(0, checkCase.MicroBatches).Select(_ => Draw(random)).ToArray())];
    }

    public StepModel Step { get; }

    public IReadOnlyDictionary<string, float[]> Start { get; }

    public float Weight => 1f / _case.Labels;

    /// <summary>AdamW as the PyTorch side has it, for what is timed against it.</summary>
    public static UpdateRules AdamW { get; } = new() { Optimizer = OptimizerOptions.AdamW(1e-3f, weightDecay: 0.01f, beta2: 0.999f), Clip = 1, Lanes = 1 };

    /// <summary>The default recipe: Muon for matrices.</summary>
    public static UpdateRules Muon { get; } = new() { Optimizer = OptimizerOptions.Default(), Clip = 1, Lanes = 1 };

    public IReadOnlyList<MicroBatch> Batch(int step) => _batches[step % Batches];

    public CudaEngine Device(ComputeDevice device, StepPrecision precision) => new(Step, Start, device, precision);

    public CpuEngine Host() => new(Step, Start, Math.Min(Environment.ProcessorCount, _case.MicroBatches));

    private MicroBatch Draw(SeededRandom random)
    {
        long[] ids = [.. Enumerable.Range(0, _case.Batch * _case.Sequence).Select(_ => (long)random.NextInt32(_case.Vocabulary))];
        return MicroBatch.OfTokens(_case.Batch, _case.Sequence, ids, [.. ids.Select((id, at) => at % _case.Sequence == 0 ? StepModel.IgnoredLabel : id)]);
    }
}
