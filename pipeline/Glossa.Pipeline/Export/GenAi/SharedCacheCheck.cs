using Glossa.Models.Onnx;
using Glossa.Pipeline.Evaluate;
using Glossa.Pipeline.Generate;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Pipeline.Export.GenAi;

/// <summary>Runs a model as onnxruntime-genai does, keys and values of the past and the present in one buffer of the context's length, and holds its logits against those of the original.</summary>
internal static class SharedCacheCheck
{
    // A prompt, then tokens one by one.
    private const int Prompt = 7, Longest = 24;

    /// <summary>The norm of the difference of the logits over the norm of the logits.</summary>
    /// <param name="original">The model with an ordinary cache.</param>
    /// <param name="path">The file to check.</param>
    /// <param name="context">Tokens that a buffer holds.</param>
    public static double Difference(ModelProto original, string path, int context)
    {
        using CausalSession exact = CausalSession.Load(original, path, withCache: true);
        using CausalSession made = CausalSession.Open(path, withCache: true);
        using CausalDecoder expected = new(exact);
        using SharedCacheDecoder actual = new(made, context);
        int length = Math.Min(Longest, context), prompt = Math.Min(Prompt, length);
        SeededRandom random = new(1);
        int[] ids = [.. Enumerable.Range(0, length).Select(_ => random.NextInt32(exact.Vocabulary))];
        float[] a = new float[exact.Vocabulary], b = new float[made.Vocabulary];
        double error = 0, size = 0;
        for (int end = prompt; end <= length; end++)
        {
            int start = end == prompt ? 0 : end - 1;
            expected.Append(ids.AsSpan(start..end), a);
            actual.Append(ids.AsSpan(start..end), b);
            for (int i = 0; i < a.Length; i++)
            {
                // Language tags are never predicted: their logits are a number that would hide all others.
                if (Math.Abs(a[i]) > 1e20f && Math.Abs(b[i]) > 1e20f) continue;
                error += (a[i] - (double)b[i]) * (a[i] - (double)b[i]);
                size += (double)a[i] * a[i];
            }
        }
        return error == 0 ? 0 : Math.Sqrt(error / size);
    }
}

/// <summary>Feeds a sequence to a model whose cache is written in place.</summary>
internal sealed class SharedCacheDecoder : IDisposable
{
    private readonly CausalSession _model;
    private readonly OrtValue[] _buffers;
    private readonly RunOptions _run = new();
    private readonly int _context;
    private int _seen;

    public SharedCacheDecoder(CausalSession model, int context)
    {
        (_model, _context) = (model, context);
        _buffers = [.. model.Past.Select(past => OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float, [1, past.Heads, context, past.HeadSize]))];
        // Nothing may be read of what was never written: what is no number would show it.
        foreach (OrtValue buffer in _buffers) buffer.GetTensorMutableDataAsSpan<float>().Fill(float.NaN);
    }

    /// <summary>Appends tokens and writes the logits after the last of them.</summary>
    public void Append(ReadOnlySpan<int> ids, Span<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_seen + ids.Length, _context);
        long[] input = new long[ids.Length], positions = new long[ids.Length], mask = new long[_seen + ids.Length];
        for (int i = 0; i < ids.Length; i++) (input[i], positions[i]) = (ids[i], _seen + i);
        mask.AsSpan().Fill(1);
        using OrtIoBinding binding = _model.Session.CreateIoBinding();
        List<OrtValue> fed = [];
        void Feed(string name, long[] values)
        {
            fed.Add(OrtValue.CreateTensorValueFromMemory(values, [1, values.Length]));
            binding.BindInput(name, fed[^1]);
        }
        try
        {
            Feed("input_ids", input);
            Feed("attention_mask", mask);
            if (_model.HasPositions) Feed("position_ids", positions);
            for (int i = 0; i < _buffers.Length; i++)
            {
                binding.BindInput(_model.Past[i].Name, _buffers[i]);
                binding.BindOutput(_model.Past[i].Present, _buffers[i]);
            }
            OrtValue output = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float, [1, ids.Length, _model.Vocabulary]);
            fed.Add(output);
            binding.BindOutput("logits", output);
            _model.Session.RunWithBinding(_run, binding);
            output.GetTensorDataAsSpan<float>()[^_model.Vocabulary..].CopyTo(logits);
        }
        catch (OnnxRuntimeException e)
        {
            throw new WorkException($"ONNX Runtime failed to run the model ({e.Message.Split('\n')[0].Trim()})", _model.Origin, inner: e);
        }
        finally
        {
            foreach (OrtValue value in fed) value.Dispose();
        }
        _seen += ids.Length;
    }

    public void Dispose()
    {
        foreach (OrtValue buffer in _buffers) buffer.Dispose();
        _run.Dispose();
    }
}
