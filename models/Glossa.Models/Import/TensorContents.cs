using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>What the numbers of a float tensor say about its purpose: masks and tables of positions are written by a formula, weights are not.</summary>
internal static class TensorContents
{
    private const int LeastPositions = 8;

    /// <summary>All elements equal.</summary>
    internal static bool IsConstantFilled(ReadOnlySpan<float> values) => values.Length == 0 || values.IndexOfAnyExcept(values[0]) < 0;

    /// <summary>Some element is infinite or no number: a mask, or nothing that training could start from.</summary>
    internal static bool HasInfinity(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) return true;
        }
        return false;
    }

    /// <summary>
    /// A mask or selection: 0 and one other number, both of them present. That is 1, or so low that no weight has it (-100, -1e4, -65504, -inf, ...); among many
    /// elements it may be any.
    /// </summary>
    internal static bool IsMask(ReadOnlySpan<float> values)
    {
        int other = values.IndexOfAnyExcept(0f);
        if (other < 0 || !values.Contains(0f)) return false;
        float number = values[other];
        return (number == 1 || number <= -100 || values.Length >= 16) && values.IndexOfAnyExcept(0f, number) < 0;
    }

    /// <summary>
    /// A table over positions in which every column is a sinusoid or a ramp of the position: cosine and sine caches, sinusoidal embeddings, linear biases.
    /// Such a column has x(p+1) + x(p-1) = 2c x(p) with one c at every position. Rows that a padding index blanks, and the kink of a distance, are allowed for.
    /// </summary>
    internal static bool IsPositionTable(TensorProto tensor, ReadOnlySpan<float> values)
    {
        long[] dims = [.. tensor.Dims.Where(d => d > 1)];
        if (dims.Length == 1) return IsPositionTable(values, (int)dims[0], 1, 1);
        if (dims.Length is < 2 or > 3) return false;
        for (int axis = 0; axis < dims.Length; axis++)
        {
            long inner = dims[(axis + 1)..].Aggregate(1L, (a, b) => a * b), outer = dims[..axis].Aggregate(1L, (a, b) => a * b);
            if (IsPositionTable(values, (int)dims[axis], (int)inner, (int)outer)) return true;
        }
        return false;
    }

    private static bool IsPositionTable(ReadOnlySpan<float> values, int positions, int inner, int outer)
    {
        if (positions < LeastPositions) return false;
        int moving = 0;
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                ReadOnlySpan<float> column = values[((o * positions * inner) + i)..];
                if (!IsSinusoid(column, positions, inner, out bool moves)) return false;
                if (moves) moving++;
            }
        }
        return moving * 4 >= inner * outer;
    }

    private static bool IsSinusoid(ReadOnlySpan<float> column, int positions, int stride, out bool moves)
    {
        double largest = 0, xy = 0, xx = 0;
        moves = false;
        for (int p = 0; p < positions; p++)
        {
            largest = Math.Max(largest, Math.Abs(column[p * stride]));
            moves |= column[p * stride] != column[0];
        }
        if (!moves) return true;
        if (!double.IsFinite(largest)) return false;
        // The slope 2c from the pairs that a blanked row does not touch.
        for (int p = 1; p + 1 < positions; p++)
        {
            double x = column[p * stride], y = (double)column[(p - 1) * stride] + column[(p + 1) * stride];
            if (x == 0 || column[(p - 1) * stride] == 0) continue;
            (xy, xx) = (xy + (x * y), xx + (x * x));
        }
        double slope = xx > 0 ? xy / xx : 0;
        int allowed = Math.Min(3, positions / 4), wrong = 0;
        for (int p = 1; p + 1 < positions; p++)
        {
            double expected = slope * column[p * stride], y = (double)column[(p - 1) * stride] + column[(p + 1) * stride];
            if (Math.Abs(expected - y) > 1e-2 * largest && ++wrong > allowed) return false;
        }
        return true;
    }
}
