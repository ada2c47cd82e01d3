using System.Runtime.InteropServices;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>The state of a training: what a checkpoint file of ONNX Runtime Training holds.</summary>
public sealed record OrtCheckpoint
{
    /// <summary>Parameters that are trained, in the file's order.</summary>
    public required IReadOnlyList<OrtTensor> Trainable { get; init; }

    /// <summary>Parameters that are not.</summary>
    public required IReadOnlyList<OrtTensor> Frozen { get; init; }

    /// <summary>Whether the parameters have names alone, and their values come later.</summary>
    public bool IsNominal { get; init; }

    /// <summary>States of optimizers; empty where training starts anew.</summary>
    public IReadOnlyList<OrtOptimizerGroup> OptimizerGroups { get; init; } = [];

    /// <summary>What the user stored beside the parameters: <see cref="long"/>, <see cref="float"/> or <see cref="string"/> by name.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Properties { get; init; } = [];

    /// <summary>All parameters, trained ones first.</summary>
    public IEnumerable<OrtTensor> Parameters => Trainable.Concat(Frozen);

    /// <summary>The same parameters without their values.</summary>
    public OrtCheckpoint ToNominal() => new() { Trainable = [.. Trainable.Select(Empty)], Frozen = [.. Frozen.Select(Empty)], IsNominal = true };

    private static OrtTensor Empty(OrtTensor tensor) => new(tensor.Name, tensor.Type, [], ReadOnlyMemory<byte>.Empty);
}

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type; parameters are float32.</param>
/// <param name="Shape">Its shape; empty in a nominal checkpoint.</param>
/// <param name="Data">Its elements, little-endian.</param>
public sealed record OrtTensor(string Name, DataType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>The elements of a float32 tensor.</summary>
    /// <exception cref="InputException">It has another type.</exception>
    public float[] Floats() => Type == DataType.Float
        ? MemoryMarshal.Cast<byte, float>(Data.Span).ToArray()
        : throw new InputException($"the checkpoint's tensor '{Name}' is {Type}, not float32", fix: "only float32 parameters are trained");

    /// <summary>A float32 tensor.</summary>
    public static OrtTensor Of(string name, IReadOnlyList<long> shape, ReadOnlySpan<float> values) =>
        new(name, DataType.Float, shape, MemoryMarshal.AsBytes(values).ToArray());
}

/// <summary>What an optimizer keeps of a group of parameters.</summary>
/// <param name="Name">The group; the runtime calls its one <c>group0</c>.</param>
/// <param name="Step">Steps that were taken.</param>
/// <param name="InitialLearningRate">The learning rate of the group's start; the runtime does not restore it.</param>
/// <param name="States">A state for each parameter of the group.</param>
public sealed record OrtOptimizerGroup(string Name, long Step, float InitialLearningRate, IReadOnlyList<OrtParameterState> States);

/// <summary>What an optimizer keeps of a parameter.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Moments">Its moments: <c>momentum0</c> and, with AdamW, <c>momentum1</c>.</param>
public sealed record OrtParameterState(string Parameter, IReadOnlyList<OrtTensor> Moments);
