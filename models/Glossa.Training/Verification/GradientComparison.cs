using Glossa.Training.Parameters;

namespace Glossa.Training.Verification;

/// <summary>Holds a step's gradients against those of a reference.</summary>
internal static class GradientComparison
{
    private const double RelativeLimit = 1e-5;
    private const double NearZeroLimit = 1e-6;

    /// <summary>The worst of all gradients, and of those that are zero mathematically; a parameter that the step does not train counts as infinitely far.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="runner">A step that was run.</param>
    /// <param name="check">Name of the first check.</param>
    public static IEnumerable<VerificationCheck> Compare(ReferenceFolder reference, StepRunner runner, string check)
    {
        IReadOnlySet<string> nearZero = reference.NearZero;
        (double Worst, string Where) relative = (0, ""), absolute = (0, "");
        foreach (IGrouping<string, ReferenceParameter> group in reference.Parameters.Where(parameter => reference.Contains(parameter.Gradient)).GroupBy(parameter => parameter.Gradient))
        {
            float[] expected = reference.Floats(group.Key);
            double largest = expected.Length == 0 ? 0 : expected.Max(value => Math.Abs((double)value));
            double difference = Difference(expected, Total(reference, runner, group, expected.Length), largest);
            string where = group.First().Name;
            if (nearZero.Contains(group.Key)) absolute = Worse(absolute, (difference, where));
            else relative = Worse(relative, (largest == 0 ? (difference <= NearZeroLimit ? 0 : double.PositiveInfinity) : difference / largest, where));
        }
        yield return new VerificationCheck(check, relative.Worst, RelativeLimit, relative.Where);
        if (nearZero.Count > 0) yield return new VerificationCheck(VerificationChecks.NearZero, absolute.Worst, NearZeroLimit, absolute.Where);
    }

    private static (double Worst, string Where) Worse((double Worst, string Where) a, (double Worst, string Where) b) =>
        double.IsNaN(a.Worst) || (!double.IsNaN(b.Worst) && b.Worst <= a.Worst && a.Where.Length > 0) ? a : b;

    private static double Difference(float[] expected, double[]? actual, double largest)
    {
        if (actual is null) return largest == 0 ? 0 : double.PositiveInfinity;
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(expected[i] - actual[i]);
            if (!(difference <= worst)) worst = difference;
        }
        return worst;
    }

    // The gradient of an initializer; where several share a parameter, the sum over those that the step trains, each brought to the parameter's layout.
    private static double[]? Total(ReferenceFolder reference, StepRunner runner, IEnumerable<ReferenceParameter> group, int length)
    {
        double[]? total = null;
        foreach (ReferenceParameter parameter in group.Where(parameter => runner.Layout.Contains(parameter.Name)))
        {
            ParameterSlot slot = runner.Layout[parameter.Name];
            if (slot.Length != length) throw new InputException($"the gradient of '{parameter.Name}' has {slot.Length} elements, the reference {length}", fix: "take the reference of this model");
            float[] gradient = runner.Gradients.Slice(slot).ToArray();
            int[]? permutation = !parameter.IsTotal ? null : parameter.Permutation ?? (parameter.Transposed ? [1, 0] : null);
            if (permutation is not null) gradient = ToParameter(gradient, slot.Shape, permutation, reference.Shape(parameter.Gradient));
            total = total is null ? Array.ConvertAll(gradient, value => (double)value) : [.. total.Zip(gradient, (a, b) => a + b)];
        }
        return total;
    }

    // Axis i of the initializer is axis permutation[i] of the parameter.
    private static float[] ToParameter(float[] values, long[] shape, int[] permutation, long[] target)
    {
        float[] result = new float[values.Length];
        long[] at = new long[shape.Length], strides = new long[target.Length];
        for (int i = target.Length - 1, stride = 1; i >= 0; stride *= (int)target[i--]) strides[i] = stride;
        foreach (float value in values)
        {
            long place = 0;
            for (int axis = 0; axis < at.Length; axis++) place += at[axis] * strides[permutation[axis]];
            result[place] = value;
            for (int axis = at.Length - 1; axis >= 0 && ++at[axis] == shape[axis]; axis--) at[axis] = 0;
        }
        return result;
    }
}
