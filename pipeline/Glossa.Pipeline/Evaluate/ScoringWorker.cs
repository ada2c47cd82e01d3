using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Pipeline.Evaluate;

/// <summary>One thread's buffers: ids, mask and positions in, logits out, all written in place from run to run.</summary>
internal sealed unsafe class ScoringWorker : IDisposable
{
    private readonly CausalSession _model;
    private readonly int _textVocabulary;
    private readonly RunOptions _run = new();
    private readonly string[] _inputNames;
    private readonly string[] _outputNames = ["logits"];
    private readonly int _capacity;
    private long* _integers;
    private float* _logits;

    public ScoringWorker(CausalSession model, ScoringOptions options)
    {
        _model = model;
        _textVocabulary = options.TextVocabularySize;
        _capacity = Math.Max(options.BatchTokens, options.Window);
        _integers = (long*)NativeMemory.AlignedAlloc((nuint)_capacity * 3 * sizeof(long), 64);
        _logits = (float*)NativeMemory.AlignedAlloc((nuint)_capacity * (nuint)model.Vocabulary * sizeof(float), 64);
        List<string> names = ["input_ids"];
        if (model.HasMask) names.Add("attention_mask");
        if (model.HasPositions) names.Add("position_ids");
        names.AddRange(model.Past.Select(p => p.Name));
        _inputNames = [.. names];
    }

    /// <summary>Runs one batch and stores the bits of each of its windows.</summary>
    public void Run(ScoringPlan plan, ScoringBatch batch, IReadOnlyList<ScoringSequence> sequences, double[] bits)
    {
        Fill(plan, batch, sequences);
        long[] shape = [batch.Rows, batch.Length];
        int tokens = batch.Rows * batch.Length;
        List<OrtValue> inputs = [Integers(0, tokens, shape)];
        if (_model.HasMask) inputs.Add(Integers(1, tokens, shape));
        if (_model.HasPositions) inputs.Add(Integers(2, tokens, shape));
        inputs.AddRange(_model.EmptyPast(batch.Rows));
        using OrtValue logits = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [.. shape, _model.Vocabulary],
            (nint)_logits, (long)tokens * _model.Vocabulary * sizeof(float));
        try
        {
            _model.Session.Run(_run, _inputNames, inputs, _outputNames, [logits]);
        }
        finally
        {
            foreach (OrtValue input in inputs) input.Dispose();
        }
        for (int row = 0; row < batch.Rows; row++)
            bits[batch.First + row] = Bits(plan.Windows[batch.First + row], sequences, row * batch.Length);
    }

    public void Dispose()
    {
        _run.Dispose();
        NativeMemory.AlignedFree(_integers);
        NativeMemory.AlignedFree(_logits);
        _integers = null;
        _logits = null;
    }

    private OrtValue Integers(int which, int tokens, long[] shape) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, TensorElementType.Int64, shape, (nint)(_integers + (long)which * _capacity), (long)tokens * sizeof(long));

    private Span<long> Integers(int which) => new(_integers + (long)which * _capacity, _capacity);

    private void Fill(ScoringPlan plan, ScoringBatch batch, IReadOnlyList<ScoringSequence> sequences)
    {
        for (int row = 0; row < batch.Rows; row++)
        {
            ScoringWindow window = plan.Windows[batch.First + row];
            int inputs = window.Length - 1;
            ReadOnlySpan<int> tokens = sequences[window.Sequence].Ids.Span.Slice(window.Start, inputs);
            Span<long> ids = Integers(0).Slice(row * batch.Length, batch.Length);
            for (int i = 0; i < inputs; i++) ids[i] = tokens[i];
            // Padding stands on the right, where no causal model looks from a real position; any valid id will do.
            ids[inputs..].Fill(tokens[0]);
            Span<long> mask = Integers(1).Slice(row * batch.Length, batch.Length);
            mask[..inputs].Fill(1);
            mask[inputs..].Clear();
            Span<long> positions = Integers(2).Slice(row * batch.Length, batch.Length);
            for (int i = 0; i < positions.Length; i++) positions[i] = i;
        }
    }

    private double Bits(ScoringWindow window, IReadOnlyList<ScoringSequence> sequences, int firstRow)
    {
        ReadOnlySpan<int> tokens = sequences[window.Sequence].Ids.Span.Slice(window.Start, window.Length);
        double bits = 0;
        for (int i = window.FirstScored - window.Start; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)_textVocabulary)
                throw new ArgumentException($"sequence {window.Sequence} scores token {tokens[i]}, which is masked out of the softmax");
            bits += LogSoftmax.Bits(new ReadOnlySpan<float>(_logits + (long)(firstRow + i - 1) * _model.Vocabulary, _textVocabulary), tokens[i]);
        }
        return bits;
    }
}
