using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>A third party's forward graph, ready to be differentiated, and the way back to the file that it came from.</summary>
/// <param name="Original">The graph as it was read, the data of its initializers inside: what an export changes the weights of.</param>
/// <param name="Forward">
/// The same function in float32 with functions inlined, constants folded and repairs made. Every parameter is an initializer of its first name; twins read it through
/// Identity or Transpose.
/// </param>
/// <param name="Parameters">The float initializers that training may change, in the order of the original graph.</param>
/// <param name="Notes">What a user should know: repairs, ties that were recognised, one line each.</param>
public sealed record ImportedModel(ModelProto Original, ModelProto Forward, IReadOnlyList<ImportedParameter> Parameters, IReadOnlyList<string> Notes);

/// <summary>A trainable tensor of an imported graph.</summary>
/// <param name="Name">Its first initializer's name, which gradients and weights carry.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Twins">Other initializers of the original graph that hold the same values.</param>
public sealed record ImportedParameter(string Name, IReadOnlyList<long> Shape, IReadOnlyList<ParameterTwin> Twins)
{
    /// <summary>Where the original graph holds it; null for its initializer of that name.</summary>
    internal ParameterSource? Source { get; init; }
}

/// <summary>An initializer that holds a parameter's values a second time.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Permutation">How the parameter's axes have to be exchanged to give it; null where it holds them in the same order.</param>
public sealed record ParameterTwin(string Name, IReadOnlyList<int>? Permutation)
{
    /// <summary>Where the original graph holds it; null for its initializer of that name.</summary>
    internal ParameterSource? Source { get; init; }
}

/// <summary>Where the original graph holds a parameter.</summary>
/// <param name="Place">The place, among all tensors of the model, of the tensor that holds its values or their codes.</param>
/// <param name="QuantizedNode">Where that tensor holds integer codes: the first output of the node that reads them, else null.</param>
internal sealed record ParameterSource(int Place, string? QuantizedNode);
