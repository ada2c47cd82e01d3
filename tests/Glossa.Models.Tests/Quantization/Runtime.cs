using Glossa.Models.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Models.Tests.Quantization;

/// <summary>Runs small models through ONNX Runtime on one thread.</summary>
internal static class Runtime
{
    public static InferenceSession Open(ModelProto model)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        return new InferenceSession(model.ToByteArray(), options);
    }

    public static float[] Run(ModelProto model, string output, params (string Name, OrtValue Value)[] inputs) =>
        Run<float>(model, output, inputs);

    public static T[] Run<T>(ModelProto model, string output, params (string Name, OrtValue Value)[] inputs)
        where T : unmanaged
    {
        using InferenceSession session = Open(model);
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs.ToDictionary(i => i.Name, i => i.Value), [output]);
        return outputs[0].GetTensorDataAsSpan<T>().ToArray();
    }

    public static OrtValue Of<T>(T[] data, params long[] shape)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(data, shape);

    public static float[] Normal(int count, ulong seed)
    {
        SeededRandom random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)random.NextNormal();
        return values;
    }

    /// <summary>Frobenius norm of the difference over that of the expected values.</summary>
    public static double RelativeError(float[] actual, float[] expected) => Math.Sqrt(
        expected.Zip(actual, (e, a) => ((double)e - a) * ((double)e - a)).Sum() / expected.Sum(e => (double)e * e));

    public static string FixtureFile(string name) => OwnFixture("hf-layout", name, "onnx", "model.onnx");

    /// <summary>A file or folder of the fixtures of this repository.</summary>
    public static string OwnFixture(params string[] path)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent;
        return Path.Combine([folder!.FullName, "tests", "fixtures", .. path]);
    }

    /// <summary>A file or folder of the fixtures that are too large to store here, or null where they are not beside the repository.</summary>
    public static string? SharedFixture(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "fixtures", name);
            if (Path.Exists(path)) return path;
        }
        return null;
    }
}
