using System.Numerics.Tensors;
using Glossa.Training.Parameters;

namespace Glossa.Training.Deltas;

/// <summary>
/// The weights that a sparse fine-tuning trains: those that moved most in a first pass over all of them (Ansell and others, "Composable Sparse
/// Fine-Tuning for Cross-Lingual Transfer", 2022). Tensors that are made new for the task, such as a head, are trained whole.
/// </summary>
public sealed class SparseSelection : IDisposable
{
    private readonly FloatBuffer _mask;

    private SparseSelection(FloatBuffer mask, IReadOnlyDictionary<string, int[]> indices)
    {
        _mask = mask;
        Indices = indices;
    }

    /// <summary>Chosen positions in each tensor, ascending; tensors without one are missing, as are those that are trained whole.</summary>
    public IReadOnlyDictionary<string, int[]> Indices { get; }

    /// <summary>1 where a weight is trained, 0 elsewhere, in the layout.</summary>
    internal FloatBuffer Mask => _mask;

    /// <summary>Number of weights chosen.</summary>
    public long Count => Indices.Values.Sum(indices => (long)indices.Length);

    /// <summary>Chooses the weights with the largest absolute difference; among equals the earlier ones.</summary>
    /// <param name="layout">Places of the tensors.</param>
    /// <param name="before">Weights before the first pass.</param>
    /// <param name="after">Weights after it.</param>
    /// <param name="fraction">Share of the weights to choose, in (0, 1].</param>
    /// <param name="isWhole">Tensors that are trained whole and take no part in the choice.</param>
    /// <param name="inEachTensor">Whether every tensor gives its share; else they compete, and one whose weights all drift, such as an output head, may take nearly all.</param>
    public static SparseSelection OfLargestChanges(
        ParameterLayout layout, FloatBuffer before, FloatBuffer after, double fraction, Func<string, bool> isWhole, bool inEachTensor = false)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(isWhole);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fraction, 1);
        ParameterSlot[] candidates = [.. layout.Slots.Where(slot => !isWhole(slot.Name))];
        FloatBuffer mask = new(layout.Length);
        foreach (ParameterSlot slot in layout.Slots.Where(slot => isWhole(slot.Name))) mask.Slice(slot).Fill(1);
        Dictionary<string, int[]> indices = [];
        foreach (ParameterSlot[] competing in inEachTensor ? candidates.Chunk(1) : [candidates])
        {
            // Of a tensor alone the share is rounded down, so that the whole keeps to it.
            double share = fraction * competing.Sum(slot => (long)slot.Length);
            (float threshold, long atThreshold) = Threshold(competing, before, after, (long)(inEachTensor ? Math.Floor(share) : Math.Ceiling(share)));
            foreach (ParameterSlot slot in competing)
            {
                int[] chosen = Choose(before.Slice(slot), after.Slice(slot), mask.Slice(slot), threshold, ref atThreshold);
                if (chosen.Length > 0) indices[slot.Name] = chosen;
            }
        }
        return new SparseSelection(mask, indices);
    }

    /// <summary>Zeroes the gradients of all other weights. NaN stays, so that a diverged step is still noticed.</summary>
    public void Apply(FloatBuffer gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        TensorPrimitives.Multiply(gradients.Span, _mask.Span, gradients.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => _mask.Dispose();

    // The change of the last weight chosen, and how many of exactly that change are to be taken.
    private static (float Threshold, long AtThreshold) Threshold(ParameterSlot[] slots, FloatBuffer before, FloatBuffer after, long wanted)
    {
        float[] changes = new float[slots.Sum(slot => slot.Length)];
        int at = 0;
        foreach (ParameterSlot slot in slots)
        {
            Span<float> target = changes.AsSpan(at, slot.Length);
            TensorPrimitives.Subtract(after.Slice(slot), before.Slice(slot), target);
            TensorPrimitives.Abs(target, target);
            at += slot.Length;
        }
        if (changes.Length == 0 || wanted == 0) return (float.PositiveInfinity, 0);
        Array.Sort(changes);
        float threshold = changes[^(int)Math.Min(wanted, changes.Length)];
        long above = changes.Length - (Array.FindLastIndex(changes, change => change <= threshold) + 1);
        return (threshold, wanted - above);
    }

    private static int[] Choose(ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<float> mask, float threshold, ref long atThreshold)
    {
        List<int> chosen = [];
        for (int i = 0; i < before.Length; i++)
        {
            float change = Math.Abs(after[i] - before[i]);
            // A weight that did not move has nothing to be trained for.
            if (change == 0 || change < threshold || (change == threshold && atThreshold-- <= 0)) continue;
            mask[i] = 1;
            chosen.Add(i);
        }
        return [.. chosen];
    }
}
