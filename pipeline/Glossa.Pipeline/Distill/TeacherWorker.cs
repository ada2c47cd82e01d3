using System.Numerics.Tensors;
using Glossa.Pipeline.Evaluate;

namespace Glossa.Pipeline.Distill;

/// <summary>One thread's buffers: every teacher runs a batch, and the mean of their probabilities is kept of each place.</summary>
internal sealed class TeacherWorker : IDisposable
{
    private readonly ScoringWorker[] _teachers;
    private readonly float[] _exponentials;
    private readonly List<(int Window, int Position, int Token)> _places = [];
    private float[] _mean = [];

    public TeacherWorker(IReadOnlyList<CausalSession> teachers, ScoringOptions options)
    {
        _teachers = [.. teachers.Select(teacher => new ScoringWorker(teacher, options))];
        _exponentials = new float[options.TextVocabularySize];
    }

    /// <summary>Runs one batch and shows the mean probabilities of each scored place, window by window.</summary>
    public void Run(ScoringPlan plan, ScoringBatch batch, IReadOnlyList<ScoringSequence> sequences, LogitsReader read)
    {
        int width = _exponentials.Length, most = batch.Rows * batch.Length * width;
        if (_mean.Length < most) _mean = new float[most];
        Array.Clear(_mean, 0, most);
        _places.Clear();
        foreach (ScoringWorker teacher in _teachers)
        {
            // Every teacher shows the same places in the same order.
            int place = 0;
            teacher.Run(plan, batch, sequences, (window, position, token, logits) =>
            {
                if (place == _places.Count) _places.Add((window, position, token));
                AddSoftmax(logits, _mean.AsSpan(place++ * width, width));
            });
        }
        for (int place = 0; place < _places.Count; place++) read(_places[place].Window, _places[place].Position, _places[place].Token, _mean.AsSpan(place * width, width));
    }

    public void Dispose()
    {
        foreach (ScoringWorker teacher in _teachers) teacher.Dispose();
    }

    private void AddSoftmax(ReadOnlySpan<float> logits, Span<float> mean)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), _exponentials);
        TensorPrimitives.Exp(_exponentials, _exponentials);
        TensorPrimitives.MultiplyAdd(_exponentials, 1 / (TensorPrimitives.Sum(_exponentials) * _teachers.Length), mean, mean);
    }
}
