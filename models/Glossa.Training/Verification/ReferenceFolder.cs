using System.Text.Json;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Training.Safetensors;
using static Glossa.Models.Onnx.TensorProto.Types;

namespace Glossa.Training.Verification;

/// <summary>How an initializer of a reference lies to the parameter of the framework that it was exported from.</summary>
/// <param name="Name">The initializer's name.</param>
/// <param name="Gradient">The tensor that holds its gradient.</param>
/// <param name="Transposed">Whether it is the parameter transposed.</param>
/// <param name="Permutation">Which axis of the parameter each of its axes is; null where it is <paramref name="Transposed"/> or holds them in order.</param>
internal sealed record ReferenceParameter(string Name, string Gradient, bool Transposed, int[]? Permutation)
{
    /// <summary>Whether the gradient is the total over several initializers, in the layout of the framework's parameter.</summary>
    public bool IsTotal => Gradient.StartsWith("grad_tied.", StringComparison.Ordinal);
}

/// <summary>A stored reference: <c>reference.json</c> describes, <c>reference.safetensors</c> holds inputs, outputs, loss, gradients and loss curves.</summary>
internal sealed class ReferenceFolder : IDisposable
{
    public const string DescriptionName = "reference.json";
    public const string TensorsName = "reference.safetensors";

    private readonly SafetensorsReader _tensors;
    private readonly JsonElement _description;
    private readonly string _path;

    private ReferenceFolder(string path, JsonElement description, SafetensorsReader tensors) => (_path, _description, _tensors) = (path, description, tensors);

    /// <summary>Whether a folder holds a reference.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, DescriptionName)) && File.Exists(Path.Combine(folder, TensorsName));

    /// <summary>Opens a reference.</summary>
    /// <exception cref="InputException">A file is damaged or lacks what a reference has.</exception>
    public static ReferenceFolder Open(string folder)
    {
        string path = Path.Combine(folder, DescriptionName);
        using FileStream stream = IoFailure.OpenRead(path, "description of the reference");
        try
        {
            using JsonDocument json = JsonDocument.Parse(stream);
            return new ReferenceFolder(path, json.RootElement.Clone(), SafetensorsReader.Open(Path.Combine(folder, TensorsName)));
        }
        catch (JsonException e)
        {
            throw new InputException($"damaged description ({e.Message.TrimEnd('.')})", path, "write it again", e);
        }
    }

    /// <summary>The loss.</summary>
    public LossKind Loss => LossNames.Parse(Text(Property(Property(_description, "loss"), "kind")));

    /// <summary>The output that the loss reads.</summary>
    public string MainOutput => Text(Property(_description, "main_output"));

    /// <summary>Names of the outputs that are stored.</summary>
    public IEnumerable<string> Outputs => Names("output.");

    /// <summary>Whether rows are padded on the left.</summary>
    public bool PaddedLeft => _description.TryGetProperty("padding", out JsonElement padding) && padding.GetString() == "left";

    /// <summary>Whether the curve with weight decay can be reproduced from the graph's initializers.</summary>
    public bool DecayIsReproducible => !_description.TryGetProperty("adamw_reproducible_with_decay", out JsonElement value) || value.ValueKind != JsonValueKind.False;

    /// <summary>Gradients that are zero mathematically.</summary>
    public IReadOnlySet<string> NearZero => _description.TryGetProperty("near_zero_gradients", out JsonElement names)
        ? names.EnumerateArray().Select(Text).ToHashSet() : [];

    /// <summary>The initializers that are parameters.</summary>
    public IReadOnlyList<ReferenceParameter> Parameters => [.. Property(_description, "parameters").EnumerateObject().Select(Parameter)];

    /// <summary>What the graph and the loss are fed with, in the types that the step declares.</summary>
    public IReadOnlyList<FeedTensor> Feeds(GraphProto step) =>
    [
        .. step.Input.Select(input => (input, Stored: input.Name is StepModel.Labels or StepModel.Target && !_tensors.Contains("input." + input.Name) ? input.Name : "input." + input.Name))
            .Where(pair => _tensors.Contains(pair.Stored))
            .Select(pair => Feed(pair.input.Name, (DataType)pair.input.Type.TensorType.ElemType, pair.Stored)),
    ];

    /// <summary>Whether a tensor is stored.</summary>
    public bool Contains(string tensor) => _tensors.Contains(tensor);

    /// <summary>A stored float tensor.</summary>
    public float[] Floats(string tensor) => _tensors.ReadFloats(tensor);

    /// <summary>Shape of a stored tensor.</summary>
    public long[] Shape(string tensor) => [.. _tensors.Entry(tensor).Shape];

    /// <inheritdoc/>
    public void Dispose() => _tensors.Dispose();

    private IEnumerable<string> Names(string prefix) => _tensors.Entries.Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => entry.Name[prefix.Length..]);

    private FeedTensor Feed(string name, DataType type, string stored) => new(name, type, Shape(stored),
        type == DataType.Float ? _tensors.ReadFloats(stored) : _tensors.ReadInt64s(stored));

    private static ReferenceParameter Parameter(JsonProperty property)
    {
        JsonElement value = property.Value;
        string gradient = value.TryGetProperty("gradient", out JsonElement total) ? Text(total) : StepModel.Gradient(property.Name);
        bool transposed = value.TryGetProperty("transposed", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        int[]? permutation = value.TryGetProperty("perm", out JsonElement perm) && perm.ValueKind == JsonValueKind.Array ? [.. perm.EnumerateArray().Select(axis => axis.GetInt32())] : null;
        return new ReferenceParameter(property.Name, gradient, transposed, permutation);
    }

    private JsonElement Property(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
        ? value : throw new InputException($"the description has no '{name}'", _path, "write it again");

    private static string Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
}
