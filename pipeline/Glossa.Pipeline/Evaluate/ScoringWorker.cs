using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Pipeline.Evaluate;

/// <summary>Reads what a model expects at one place of a sequence.</summary>
/// <param name="window">Number of the window in its plan.</param>
/// <param name="position">Position in the sequence of the token that comes there.</param>
/// <param name="token">The token.</param>
/// <param name="logits">A logit for each id that the model may predict.</param>
internal delegate void LogitsReader(int window, int position, int token, ReadOnlySpan<float> logits);

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

    /// <summary>Adds the surprise of each token to the bits of its window.</summary>
    public static LogitsReader AddBits(double[] bits) => (window, _, token, logits) =>
    {
        if ((uint)token >= (uint)logits.Length) throw new ArgumentException($"a sequence scores token {token}, which is masked out of the softmax");
        bits[window] += LogSoftmax.Bits(logits, token);
    };

    /// <summary>Runs one batch and shows the logits of each scored place, window by window.</summary>
    public void Run(ScoringPlan plan, ScoringBatch batch, IReadOnlyList<ScoringSequence> sequences, LogitsReader read)
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
        {
            ScoringWindow window = plan.Windows[batch.First + row];
            ReadOnlySpan<int> ids = sequences[window.Sequence].Ids.Span;
            for (int position = window.FirstScored; position < window.Start + window.Length; position++)
            {
                long place = row * batch.Length + (position - window.Start) - 1;
                read(batch.First + row, position, ids[position], new ReadOnlySpan<float>(_logits + (place * _model.Vocabulary), _textVocabulary));
            }
        }
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
}
