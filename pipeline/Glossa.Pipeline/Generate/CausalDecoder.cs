using Glossa.Pipeline.Evaluate;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Generate;

/// <summary>Feeds a sequence to a model piece by piece and keeps the keys and values of what it has seen.</summary>
internal sealed class CausalDecoder(CausalSession model) : IDisposable
{
    private readonly RunOptions _run = new();
    private readonly string[] _outputs = ["logits", .. model.Past.Select(p => p.Present)];
    private OrtValue[]? _past;
    private int _seen;

    /// <summary>Tokens in the cache.</summary>
    public int Seen => _seen;

    /// <summary>Appends tokens and writes the logits after the last of them.</summary>
    /// <param name="ids">The tokens that follow those already seen; at least one.</param>
    /// <param name="logits">Receives one value per id of the vocabulary.</param>
    public void Append(ReadOnlySpan<int> ids, Span<float> logits)
    {
        int total = _seen + ids.Length;
        long[] input = new long[ids.Length], mask = new long[total], positions = new long[ids.Length];
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = ids[i];
            positions[i] = _seen + i;
        }
        mask.AsSpan().Fill(1);
        Dictionary<string, OrtValue> inputs = new() { ["input_ids"] = OrtValue.CreateTensorValueFromMemory(input, [1, input.Length]) };
        if (model.HasMask) inputs["attention_mask"] = OrtValue.CreateTensorValueFromMemory(mask, [1, total]);
        if (model.HasPositions) inputs["position_ids"] = OrtValue.CreateTensorValueFromMemory(positions, [1, positions.Length]);
        _past ??= model.EmptyPast(1);
        for (int i = 0; i < _past.Length; i++) inputs[model.Past[i].Name] = _past[i];
        try
        {
            IDisposableReadOnlyCollection<OrtValue> outputs = model.Session.Run(_run, inputs, _outputs);
            outputs[0].GetTensorDataAsSpan<float>().Slice((ids.Length - 1) * model.Vocabulary, model.Vocabulary).CopyTo(logits);
            outputs[0].Dispose();
            _past = [.. outputs.Skip(1)];
        }
        catch (OnnxRuntimeException e)
        {
            throw new WorkException($"ONNX Runtime failed to run the model ({e.Message.Split('\n')[0].Trim()})", model.Origin, inner: e);
        }
        finally
        {
            foreach (OrtValue value in inputs.Values) value.Dispose();
        }
        _seen = total;
    }

    /// <summary>Forgets what was seen.</summary>
    public void Reset()
    {
        foreach (OrtValue value in _past ?? []) value.Dispose();
        _past = null;
        _seen = 0;
    }

    public void Dispose()
    {
        Reset();
        _run.Dispose();
    }
}
