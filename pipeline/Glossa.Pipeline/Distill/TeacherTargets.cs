using Glossa.Data.Batches;
using Glossa.Data.Targets;

namespace Glossa.Pipeline.Distill;

/// <summary>What a step compares its predictions with: the token that follows, and what the teachers expect, each with its share.</summary>
public sealed class TeacherTargets : IDisposable
{
    private readonly TargetFile? _file;
    private readonly int _candidates;
    private readonly float _weight;

    /// <summary>The targets of a file.</summary>
    /// <param name="path">The teachers' predictions.</param>
    /// <param name="weight">Their share.</param>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public TeacherTargets(string path, double weight)
    {
        _file = TargetFile.Open(path);
        (_candidates, _weight) = (_file.Candidates, (float)weight);
    }

    private TeacherTargets(int candidates) => _candidates = candidates;

    /// <summary>Classes of each target: the token that follows, then the candidates.</summary>
    public int Classes => _candidates + 1;

    /// <summary>Targets of the same shape that are the text alone: to time a step before there are teachers.</summary>
    public static TeacherTargets OfTextAlone(int candidates) => new(candidates);

    /// <summary>Fills in the targets of one window.</summary>
    /// <param name="window">The window.</param>
    /// <param name="sequence">Its ids; the first one is given and has no target.</param>
    /// <param name="ids">Gets classes, <c>[positions, classes]</c>.</param>
    /// <param name="weights">Gets their weights, which sum to 1 at each position but the first.</param>
    public void Fill(TrainingWindow window, ReadOnlySpan<long> sequence, Span<long> ids, Span<float> weights)
    {
        int predictions = sequence.Length - 1;
        int[] candidates = new int[predictions * _candidates];
        float[] probabilities = new float[candidates.Length];
        _file?.Read(window.Text, window.Start, candidates, probabilities);
        for (int i = 0; i < predictions; i++)
        {
            int own = (i + 1) * Classes, from = i * _candidates;
            long next = ids[own] = sequence[i + 1];
            float others = 0;
            for (int j = 0; j < _candidates; j++)
            {
                // The token that follows has one class: sums of the same class would depend on their order.
                bool isNext = candidates[from + j] == next;
                ids[own + 1 + j] = candidates[from + j];
                others += weights[own + 1 + j] = isNext ? 0 : _weight * probabilities[from + j];
            }
            // What the teachers expect of ids that are no candidates goes to the text: spread over the candidates it would teach that nothing else ever follows.
            weights[own] = 1 - others;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
