using Glossa.Models.Steps;
using Glossa.Training.Engines;

namespace Glossa.Benchmarks;

/// <summary>A micro-batch of token ids, each tensor <c>[batch, sequence]</c> under the name that exporters give it.</summary>
internal sealed record TokenBatch(int Batch, int Sequence, IReadOnlyDictionary<string, long[]> Tensors)
{
    /// <summary>Random micro-batches.</summary>
    /// <param name="count">Number of micro-batches.</param>
    /// <param name="batch">Sequences in each.</param>
    /// <param name="sequence">Their padded length.</param>
    /// <param name="vocabulary">Ids are drawn below it.</param>
    /// <param name="classes">Labels are drawn below it; where it is the vocabulary, they are the ids.</param>
    /// <param name="padded">Whether sequences end early, by up to a half; padding has no label.</param>
    public static TokenBatch[] Random(int count, int batch, int sequence, int vocabulary, int classes, bool padded)
    {
        SeededRandom random = new(7);
        return [.. Enumerable.Range(0, count).Select(_ => One())];

        TokenBatch One()
        {
            long[] ids = new long[batch * sequence], labels = new long[batch * sequence], mask = new long[batch * sequence];
            for (int at = 0; at < ids.Length; at++)
            {
                bool real = !padded || at % sequence < sequence - (at / sequence * sequence / (2 * batch));
                ids[at] = real ? random.NextInt32(vocabulary) : 0;
                mask[at] = real ? 1 : 0;
                labels[at] = !real ? StepModel.IgnoredLabel : classes == vocabulary ? ids[at] : random.NextInt32(classes);
            }
            return new TokenBatch(batch, sequence, new Dictionary<string, long[]>
            {
                [MicroBatch.InputIds] = ids,
                [StepModel.Labels] = labels,
                [MicroBatch.AttentionMask] = mask,
                ["token_type_ids"] = new long[batch * sequence],
            });
        }
    }

    /// <summary>Number of positions that have a label.</summary>
    public int Labelled => Tensors[StepModel.Labels].Count(label => label != StepModel.IgnoredLabel);

    /// <summary>The tensors that a step takes.</summary>
    public MicroBatch For(StepModel step) => new([.. step.Model.Graph.Input.Where(input => Tensors.ContainsKey(input.Name))
        .Select(input => BatchInput.Of(input.Name, Tensors[input.Name], Batch, Sequence))]);
}
