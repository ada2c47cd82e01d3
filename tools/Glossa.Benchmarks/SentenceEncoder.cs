using System.Diagnostics;
using Glossa.Models.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Benchmarks;

/// <summary>An encoder's file on one thread: embeddings by mean pooling, and processor time.</summary>
internal sealed class SentenceEncoder : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();

    public SentenceEncoder(byte[] model)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(model, options);
    }

    public static IReadOnlyDictionary<string, TensorProto> Feed(int[] ids)
    {
        long[] shape = [1, ids.Length];
        return new Dictionary<string, TensorProto>
        {
            ["input_ids"] = OnnxFactory.Tensor("input_ids", shape, [.. ids.Select(i => (long)i)]),
            ["attention_mask"] = OnnxFactory.Tensor("attention_mask", shape, [.. ids.Select(_ => 1L)]),
            ["token_type_ids"] = OnnxFactory.Tensor("token_type_ids", shape, new long[ids.Length]),
        };
    }

    public float[] Embed(int[] ids)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Run(1, [.. ids.Select(i => (long)i)]);
        ReadOnlySpan<float> hidden = outputs[0].GetTensorDataAsSpan<float>();
        float[] mean = new float[hidden.Length / ids.Length];
        for (int i = 0; i < hidden.Length; i++) mean[i % mean.Length] += hidden[i] / ids.Length;
        return mean;
    }

    /// <summary>Processor time of some runs on random ids.</summary>
    public double Time(int batch, int sequence, int runs)
    {
        Random random = new(1);
        long[] ids = [.. Enumerable.Range(0, batch * sequence).Select(_ => (long)random.Next(1000, 30000))];
        Run(batch, ids).Dispose();
        TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
        for (int i = 0; i < runs; i++) Run(batch, ids).Dispose();
        return (Process.GetCurrentProcess().TotalProcessorTime - start).TotalMilliseconds;
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    private IDisposableReadOnlyCollection<OrtValue> Run(int batch, long[] ids)
    {
        long[] shape = [batch, ids.Length / batch], ones = [.. ids.Select(_ => 1L)];
        using OrtValue tokens = OrtValue.CreateTensorValueFromMemory(ids, shape), mask = OrtValue.CreateTensorValueFromMemory(ones, shape), types = OrtValue.CreateTensorValueFromMemory(new long[ids.Length], shape);
        Dictionary<string, OrtValue> all = new() { ["input_ids"] = tokens, ["attention_mask"] = mask, ["token_type_ids"] = types };
        return _session.Run(_run, _session.InputNames.ToDictionary(n => n, n => all[n]), _session.OutputNames);
    }
}
