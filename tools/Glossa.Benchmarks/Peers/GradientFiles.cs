using Glossa.Training.Safetensors;

namespace Glossa.Benchmarks.Peers;

/// <summary>Two files of gradients.</summary>
internal static class GradientFiles
{
    /// <summary>The largest difference of a tensor's elements over its largest element, of all tensors; those whose gradient is nothing but rounding are left out.</summary>
    public static double Difference(string expected, string actual)
    {
        using SafetensorsReader a = SafetensorsReader.Open(expected), b = SafetensorsReader.Open(actual);
        float[][] left = [.. a.Entries.Select(entry => a.ReadFloats(entry.Name))];
        float[] largest = [.. left.Select(values => values.Max(MathF.Abs))];
        float least = largest.Max() * 1e-5f;
        double worst = 0;
        for (int i = 0; i < left.Length; i++)
        {
            if (largest[i] < least) continue;
            float[] right = b.ReadFloats(a.Entries[i].Name);
            worst = Math.Max(worst, left[i].Zip(right, (x, y) => Math.Abs((double)x - y)).Max() / largest[i]);
        }
        return worst;
    }
}
