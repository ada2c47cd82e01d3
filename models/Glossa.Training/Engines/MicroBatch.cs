using Glossa.Models.Steps;

namespace Glossa.Training.Engines;

/// <summary>What one forward and backward pass sees: a tensor for every input of the step that is no parameter.</summary>
/// <param name="Inputs">The tensors, each under its graph input's name: ids, masks, labels, targets, empty caches.</param>
/// <param name="Seed">Seed of the dropout factors.</param>
public sealed record MicroBatch(IReadOnlyList<BatchInput> Inputs, ulong Seed = 0)
{
    /// <summary>Name of the token ids in every exporter's graphs.</summary>
    public const string InputIds = "input_ids";

    /// <summary>Name of the mask: 1 where a token is real.</summary>
    public const string AttentionMask = "attention_mask";

    /// <summary>Sequences padded on the right to one length.</summary>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="sequence">Their common length.</param>
    /// <param name="inputIds">Token ids, <c>[batch, sequence]</c>.</param>
    /// <param name="labels">Labels, <c>[batch, sequence]</c>, unshifted; -100 is ignored.</param>
    /// <param name="attentionMask">1 where a token is real, <c>[batch, sequence]</c>; null where the model takes none.</param>
    public static MicroBatch OfTokens(int batch, int sequence, long[] inputIds, long[] labels, long[]? attentionMask = null)
    {
        List<BatchInput> inputs = [BatchInput.Of(InputIds, inputIds, batch, sequence), BatchInput.Of(StepModel.Labels, labels, batch, sequence)];
        if (attentionMask is not null) inputs.Add(BatchInput.Of(AttentionMask, attentionMask, batch, sequence));
        return new MicroBatch(inputs);
    }

    /// <summary>Shape of the input of that name.</summary>
    /// <exception cref="ArgumentException">The micro-batch has no such input.</exception>
    public IReadOnlyList<long> ShapeOf(string name) => Inputs.FirstOrDefault(input => input.Name == name)?.Shape
        ?? throw new ArgumentException($"the micro-batch has no input '{name}'", nameof(name));
}
