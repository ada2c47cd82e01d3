using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;
using Glossa.Models.Steps;
using Glossa.Training.Engines;
using Glossa.Training.Safetensors;

namespace Glossa.Benchmarks.Peers;

/// <summary>The models that both sides train, written into a folder: sizes, weights, batch, and Glossa's step.</summary>
internal static class PeerCases
{
    /// <summary>A decoder as its exporter wrote it, read by the import.</summary>
    public static StepCase Gpt(string folder, BenchmarkArguments arguments)
    {
        GptSizes sizes = new(arguments.Number("layers", 6), arguments.Number("heads", 4), arguments.Number("width", 256), 4 * arguments.Number("width", 256),
            arguments.Number("vocabulary", 8192), arguments.Number("sequence", 128));
        int batch = arguments.Number("batch", 32);
        Dictionary<string, TensorProto> weights = sizes.Weights();
        string file = Path.Combine(folder, "exported.onnx");
        OnnxFile.Write(file, new GptGraph(sizes, weights).Build());
        StepModel step = TrainingStep.Build(ModelImport.Read(file, new ImportOptions()), new StepOptions { Accumulate = true, WeightedLoss = true });
        TokenBatch tokens = TokenBatch.Random(1, batch, sizes.Context, sizes.Vocabulary, sizes.Vocabulary, padded: false)[0];
        return Write(folder, step, weights.ToDictionary(w => w.Key, w => OnnxFactory.Floats(w.Value)), tokens, new StepCase
        {
            Name = "decoder, exported",
            Architecture = Architecture.Gpt,
            Layers = sizes.Layers,
            Heads = sizes.Heads,
            Width = sizes.Width,
            Epsilon = GptSizes.Epsilon,
            Batch = batch,
            Sequence = sizes.Context,
            Labels = batch * (sizes.Context - 1),
            Matrices = [.. weights.Where(w => w.Value.Dims.Count == 2 && w.Key.StartsWith("h.", StringComparison.Ordinal)).Select(w => w.Key)],
            Flops = Statistics.StepFlops(batch * sizes.Context, sizes.Layers, sizes.Width, sizes.FeedForward, sizes.Vocabulary, sizes.Context),
        });
    }

    /// <summary>The default preset in its training form.</summary>
    public static StepCase Preset(string folder, BenchmarkArguments arguments)
    {
        int batch = arguments.Number("preset-batch", 16), sequence = arguments.Number("sequence", 128);
        TransformerOptions options = PresetStep.Options(arguments.Number("preset-width", 128), 4, 2, 2048, sequence);
        // What starts at zero would leave most gradients zero, and nothing to compare.
        Dictionary<string, float[]> weights = TransformerParameters.Of(options)
            .ToDictionary(p => p.Name, p => (p.Init == ParameterInit.Zeros ? p with { Init = ParameterInit.Normal, Scale = 0.02f } : p).Initialize(1));
        StepModel step = TrainingStep.Build(TrainingGraph.Build(options, weights), new StepOptions { TimeMajor = true, Accumulate = true, WeightedLoss = true });
        TokenBatch tokens = TokenBatch.Random(1, batch, sequence, options.TextVocabulary, options.TextVocabulary, padded: false)[0];
        return Write(folder, step, weights, tokens, new StepCase
        {
            Name = "default preset",
            Architecture = Architecture.NanoChat,
            Layers = options.Layers,
            Heads = options.Heads,
            Width = options.Width,
            Epsilon = options.NormEpsilon,
            Batch = batch,
            Sequence = sequence,
            Labels = batch * (sequence - 1),
            Matrices = [.. step.Parameters.Where(p => p.Shape.Length == 2 && p.Name != TransformerParameters.Embedding).Select(p => p.Name)],
            Flops = Statistics.StepFlops(batch * sequence, options.Layers, options.Width, options.FeedForward, options.TextVocabulary, sequence),
        });
    }

    /// <summary>A BERT encoder as a third party exported it.</summary>
    public static StepCase Bert(string folder, string file, BenchmarkArguments arguments)
    {
        const int layers = 6, heads = 12;
        int batch = arguments.Number("batch", 32), sequence = arguments.Number("sequence", 128);
        ImportedModel imported = ModelImport.Read(file, new ImportOptions());
        StepModel step = TrainingStep.Build(imported, new StepOptions { Loss = LossKind.TokenClassification, Accumulate = true, WeightedLoss = true });
        Dictionary<string, string> names = BertNames.Of(imported.Forward.Graph, layers).ToDictionary(n => n.Theirs, n => n.Ours);
        step = Renamed(step, names);
        HashSet<string> trained = [.. step.Parameters.Select(p => p.Name)];
        Dictionary<string, float[]> weights = imported.Forward.Graph.Initializer.Where(i => trained.Contains(names.GetValueOrDefault(i.Name, i.Name)))
            .ToDictionary(i => names.GetValueOrDefault(i.Name, i.Name), OnnxFactory.Floats);
        Dictionary<string, long[]> shapes = step.Parameters.ToDictionary(p => p.Name, p => p.Shape);
        long[] words = shapes["bert.embeddings.word_embeddings.weight"];
        int width = (int)words[1];
        TokenBatch tokens = TokenBatch.Random(1, batch, sequence, (int)words[0], width, padded: true)[0];
        return Write(folder, step, weights, tokens, new StepCase
        {
            Name = "MiniLM, exported",
            Architecture = Architecture.Bert,
            Layers = layers,
            Heads = heads,
            Width = width,
            Epsilon = 1e-12f,
            Batch = batch,
            Sequence = sequence,
            Labels = tokens.Labelled,
            LearningRate = 1e-4f,
            Matrices = [.. shapes.Where(s => s.Value.Length == 2 && s.Key.StartsWith("bert.encoder.", StringComparison.Ordinal)).Select(s => s.Key)],
            Flops = Statistics.StepFlops(batch * sequence, layers, width, 4 * width, 0, sequence),
        });
    }

    private static StepCase Write(string folder, StepModel step, Dictionary<string, float[]> weights, TokenBatch tokens, StepCase result)
    {
        OnnxFile.Write(Path.Combine(folder, EngineSide.StepFile), step.Model);
        result.Write(folder, [.. step.Parameters.Select(p => SafetensorsTensor.Floats(p.Name, p.Shape, weights[p.Name]))],
            [.. tokens.Tensors.Select(t => SafetensorsTensor.Int64s(t.Key, [tokens.Batch, tokens.Sequence], t.Value))]);
        return result;
    }

    // The peer knows the framework's names, so the step takes them too.
    private static StepModel Renamed(StepModel step, Dictionary<string, string> names)
    {
        Dictionary<string, string> all = [];
        foreach ((string theirs, string ours) in names)
        {
            all[theirs] = ours;
            all[StepModel.Gradient(theirs)] = StepModel.Gradient(ours);
            all[StepModel.Accumulator(theirs)] = StepModel.Accumulator(ours);
        }
        GraphProto graph = step.Model.Graph;
        foreach (ValueInfoProto info in graph.Input.Concat(graph.Output)) info.Name = all.GetValueOrDefault(info.Name, info.Name);
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++) node.Input[i] = all.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++) node.Output[i] = all.GetValueOrDefault(node.Output[i], node.Output[i]);
        }
        return StepModel.Of(step.Model);
    }
}
