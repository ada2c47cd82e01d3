using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Pipeline.Evaluate;

/// <summary>
/// An ONNX Runtime session over a causal language model and what its signature says. Inputs: <c>input_ids</c>
/// int64[batch, sequence] and, where the graph declares them, <c>attention_mask</c> int64[batch, past + sequence],
/// <c>position_ids</c> int64[batch, sequence], <c>past_key_values.N.key|value</c> [batch, kv heads, past, head size].
/// Outputs: <c>logits</c> float32[batch, sequence, vocabulary] and <c>present.N.key|value</c>.
/// </summary>
internal sealed class CausalSession : IDisposable
{
    private const string PastPrefix = "past_key_values.";
    private const string PresentPrefix = "present.";

    private CausalSession(InferenceSession session, string origin)
    {
        Session = session;
        Origin = origin;
        HasMask = session.InputMetadata.ContainsKey("attention_mask");
        HasPositions = session.InputMetadata.ContainsKey("position_ids");
        Past = [.. session.InputMetadata.Where(i => i.Key.StartsWith(PastPrefix, StringComparison.Ordinal))
            .Select(i => ReadPast(i.Key, i.Value)).OrderBy(p => p.Layer).ThenBy(p => p.Name, StringComparer.Ordinal)];
        Vocabulary = ReadVocabulary();
        string[] known = ["input_ids", "attention_mask", "position_ids"];
        string? unknown = session.InputMetadata.Keys.FirstOrDefault(
            name => !known.Contains(name) && !name.StartsWith(PastPrefix, StringComparison.Ordinal));
        if (unknown is not null) throw NotCausal($"its input '{unknown}' is not known");
        if (!session.InputMetadata.ContainsKey("input_ids")) throw NotCausal("it has no input 'input_ids'");
    }

    /// <summary>The session.</summary>
    public InferenceSession Session { get; }

    /// <summary>What errors call the model: a path, or words.</summary>
    public string Origin { get; }

    /// <summary>True where the graph takes <c>attention_mask</c>.</summary>
    public bool HasMask { get; }

    /// <summary>True where the graph takes <c>position_ids</c>.</summary>
    public bool HasPositions { get; }

    /// <summary>The cache inputs, by layer, key before value; empty where the model has no cache.</summary>
    public IReadOnlyList<PastInput> Past { get; }

    /// <summary>Columns of the logits.</summary>
    public int Vocabulary { get; }

    /// <summary>Opens a model file.</summary>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <param name="withCache">False drops the <c>present</c> outputs: nothing computes or copies what nobody reads.</param>
    /// <param name="threads">Threads inside one run.</param>
    /// <exception cref="InputException">The file is missing, damaged, or no causal language model.</exception>
    public static CausalSession Open(string path, bool withCache, int threads = 1)
    {
        ModelProto model = OnnxFile.Read(path);
        // Data beside the file are found through its path; such a model keeps its unused outputs.
        return OnnxFile.HasExternalData(model)
            ? Create(path, threads, options => new InferenceSession(path, options))
            : Load(model, path, withCache, threads);
    }

    /// <summary>Opens a model held in memory, which is left as it is.</summary>
    /// <exception cref="InputException">It is no causal language model or ONNX Runtime does not take it.</exception>
    public static CausalSession Load(ModelProto model, string origin, bool withCache, int threads = 1)
    {
        byte[] bytes = (withCache ? model : WithoutPresent(model)).ToByteArray();
        return Create(origin, threads, options => new InferenceSession(bytes, options));
    }

    /// <summary>Empty cache tensors for a batch: what the first step is fed with.</summary>
    public OrtValue[] EmptyPast(int batch) =>
        [.. Past.Select(p => OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, p.Type, [batch, p.Heads, 0, p.HeadSize]))];

    /// <summary>The error for a model that is not one of this kind.</summary>
    public InputException NotCausal(string why) =>
        new($"not a causal language model: {why}", Origin, "expected input_ids [batch, sequence] and float32 logits [batch, sequence, vocabulary]");

    public void Dispose() => Session.Dispose();

    private static CausalSession Create(string origin, int threads, Func<SessionOptions, InferenceSession> open)
    {
        using SessionOptions options = new()
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            // Shapes differ from run to run; a plan per shape would only cost memory.
            EnableMemoryPattern = false,
        };
        InferenceSession session;
        try
        {
            session = open(options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"ONNX Runtime does not load the model ({FirstLine(e.Message)})", origin, "export it again", e);
        }
        try
        {
            return new CausalSession(session, origin);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static ModelProto WithoutPresent(ModelProto model)
    {
        if (!model.Graph.Output.Any(o => o.Name.StartsWith(PresentPrefix, StringComparison.Ordinal))) return model;
        // A shallow copy of the graph: tensors are shared, the list of outputs is not.
        GraphProto graph = new() { Name = model.Graph.Name };
        graph.Node.Add(model.Graph.Node);
        graph.Initializer.Add(model.Graph.Initializer);
        graph.SparseInitializer.Add(model.Graph.SparseInitializer);
        graph.Input.Add(model.Graph.Input);
        graph.Output.Add(model.Graph.Output.Where(o => !o.Name.StartsWith(PresentPrefix, StringComparison.Ordinal)));
        graph.ValueInfo.Add(model.Graph.ValueInfo);
        ModelProto copy = new() { IrVersion = model.IrVersion, Graph = graph };
        copy.OpsetImport.Add(model.OpsetImport);
        copy.Functions.Add(model.Functions);
        return copy;
    }

    private PastInput ReadPast(string name, NodeMetadata metadata)
    {
        int[] shape = metadata.Dimensions;
        if (shape.Length != 4 || shape[1] <= 0 || shape[3] <= 0)
            throw NotCausal($"its input '{name}' has the shape [{string.Join(", ", shape)}], expected [batch, kv heads, past, head size]");
        string[] parts = name.Split('.');
        if (parts.Length != 3 || !int.TryParse(parts[1], out int layer))
            throw NotCausal($"its input '{name}' is not called past_key_values.N.key or .value");
        return new PastInput(name, PresentPrefix + parts[1] + "." + parts[2], layer, shape[1], shape[3], metadata.ElementDataType);
    }

    private int ReadVocabulary()
    {
        if (!Session.OutputMetadata.TryGetValue("logits", out NodeMetadata? logits)) throw NotCausal("it has no output 'logits'");
        if (logits.ElementDataType != TensorElementType.Float) throw NotCausal($"its logits are {logits.ElementDataType}");
        int[] shape = logits.Dimensions;
        return shape.Length == 3 && shape[2] > 0 ? shape[2]
            : throw NotCausal($"its logits have the shape [{string.Join(", ", shape)}]");
    }

    private static string FirstLine(string message) => message.Split('\n')[0].Trim();
}

/// <summary>One tensor of a key-value cache.</summary>
/// <param name="Name">The graph input.</param>
/// <param name="Present">The graph output that holds it after the step.</param>
/// <param name="Layer">Layer, from 0.</param>
/// <param name="Heads">Key-value heads.</param>
/// <param name="HeadSize">Size of one head.</param>
/// <param name="Type">Element type.</param>
internal sealed record PastInput(string Name, string Present, int Layer, int Heads, int HeadSize, TensorElementType Type);
