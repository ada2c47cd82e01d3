using System.Text.Json;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Training.Tests.Optimizers;

/// <summary>PyTorch's trajectories in tests/fixtures/optimizers.</summary>
internal static class Trajectories
{
    public static ParameterLayout Layout { get; } = new([("a.weight", [24, 16]), ("b.weight", [16, 40]), ("c.weight", [32, 32])]);

    public static string Folder { get; } = Path.Combine(RepositoryRoot(), "tests", "fixtures", "optimizers");

    public static SafetensorsReader Open() => SafetensorsReader.Open(Path.Combine(Folder, "trajectories.safetensors"));

    public static double[] NormsBeforeClipping()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "trajectories.json")));
        return [.. json.RootElement.GetProperty("runs").GetProperty("adamw-clip").GetProperty("norms_before_clipping").EnumerateArray().Select(n => n.GetDouble())];
    }

    public static FloatBuffer Read(SafetensorsReader reader, string prefix)
    {
        FloatBuffer buffer = new(Layout.Length);
        for (int i = 0; i < Layout.Slots.Count; i++) reader.ReadFloats($"{prefix}.{i}", buffer.Slice(Layout.Slots[i]));
        return buffer;
    }

    /// <summary>Runs ten steps; returns the largest differences from PyTorch's parameters after steps 1 and 10.</summary>
    public static (float After1, float After10) Run(string run, OptimizerOptions options, Action<FloatBuffer>? beforeStep = null, WorkerPool? workers = null)
    {
        using SafetensorsReader reader = Open();
        using FloatBuffer parameters = Read(reader, "parameter");
        using Optimizer optimizer = new(Layout, options, workers);
        float after1 = 0;
        for (int step = 0; step < 10; step++)
        {
            using FloatBuffer gradients = Read(reader, $"gradient.{step}");
            beforeStep?.Invoke(gradients);
            optimizer.Step(parameters, gradients);
            if (step == 0) after1 = Difference(reader, parameters, run + ".after1");
        }
        return (after1, Difference(reader, parameters, run + ".after10"));
    }

    private static float Difference(SafetensorsReader reader, FloatBuffer parameters, string prefix)
    {
        using FloatBuffer expected = Read(reader, prefix);
        float worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            float difference = MathF.Abs(parameters.Span[i] - expected.Span[i]);
            worst = float.IsNaN(difference) ? float.NaN : MathF.Max(worst, difference);
        }
        return worst;
    }

    private static string RepositoryRoot()
    {
        string? folder = TestContext.CurrentContext.TestDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Pipeline.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("no Pipeline.sln above the tests");
    }
}
