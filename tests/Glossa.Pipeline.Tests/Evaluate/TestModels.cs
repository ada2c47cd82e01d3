using Glossa.Models.Building;
using Glossa.Models.Onnx;
using Glossa.Models.Presets;

namespace Glossa.Pipeline.Tests.Evaluate;

/// <summary>Fixture models and small graphs whose logits a test can work out by hand.</summary>
internal static class TestModels
{
    /// <summary>The folder of a model under tests/fixtures/hf-layout.</summary>
    public static string Folder(string name) => Path.Combine(RepositoryRoot, "tests", "fixtures", "hf-layout", name);

    /// <summary>The model file of such a folder.</summary>
    public static string File(string name) => Path.Combine(Folder(name), "onnx", "model.onnx");

    public static string RepositoryRoot
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException("no Pipeline.sln above the tests");
        }
    }

    /// <summary>A causal model: logits[b, t] = bigrams[id[b, t]] + byPosition[position[b, t]], with an unused cache of one layer.</summary>
    public static ModelProto Bigram(float[] bigrams, float[] byPosition, int vocabulary)
    {
        GraphBuilder g = new(new GraphProto { Name = "bigram" });
        Value ids = g.Input("input_ids", TensorProto.Types.DataType.Int64, "batch", "sequence");
        Value positions = g.Input("position_ids", TensorProto.Types.DataType.Int64, "batch", "sequence");
        Value past = g.Input("past_key_values.0.key", TensorProto.Types.DataType.Float, "batch", 1, "past", 2);
        Value table = g.Initializer(OnnxFactory.Tensor("bigrams", [vocabulary, vocabulary], bigrams));
        Value places = g.Initializer(OnnxFactory.Tensor("places", [byPosition.Length / vocabulary, vocabulary], byPosition));
        Value logits = g.Add(g.Gather(table, ids), g.Gather(places, positions), "logits");
        Value present = g.Op("Identity", [past], "present.0.key");
        g.Output(logits, TensorProto.Types.DataType.Float, "batch", "sequence", vocabulary);
        g.Output(present, TensorProto.Types.DataType.Float, "batch", 1, "past", 2);
        ModelProto model = new() { IrVersion = 10, Graph = g.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 21 });
        return model;
    }

    /// <summary>A small causal preset over the ids of <see cref="ByteTokenizer"/>, with random weights.</summary>
    public static ModelProto Preset(float scale = 0.2f, int context = 48)
    {
        TransformerOptions options = new()
        {
            Vocabulary = 260,
            TextVocabulary = 259,
            Layers = 2,
            Width = 32,
            Heads = 2,
            KeyValueHeads = 1,
            HeadSize = 16,
            FeedForward = 64,
            Context = context,
        };
        ulong seed = 30;
        return InferenceGraph.Build(options, TransformerParameters.Of(options).ToDictionary(
            s => s.Name, s => Normal((int)s.Shape.Aggregate(1L, (a, b) => a * b), seed++).Select(x => x * scale).ToArray()));
    }

    public static float[] Normal(int count, ulong seed)
    {
        SeededRandom random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)random.NextNormal();
        return values;
    }
}
