namespace Glossa.Training.Engines;

/// <summary>One forward and backward pass's worth of sequences, padded on the right to one length.</summary>
/// <param name="Batch">Number of sequences.</param>
/// <param name="Sequence">Their common length.</param>
/// <param name="InputIds">Token ids, <c>[batch, sequence]</c>.</param>
/// <param name="Labels">Labels, <c>[batch, sequence]</c>, unshifted; -100 is ignored.</param>
/// <param name="AttentionMask">1 where a token is real, <c>[batch, sequence]</c>; null where the model takes none.</param>
/// <param name="Seed">Seed of the dropout factors.</param>
public sealed record MicroBatch(int Batch, int Sequence, long[] InputIds, long[] Labels, long[]? AttentionMask = null, ulong Seed = 0);
