using Glossa.Data.Batches;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokens;
using Glossa.Models.Steps;
using Glossa.Pipeline.Distill;
using Glossa.Training.Engines;

namespace Glossa.Pipeline.Train;

/// <summary>Fills micro-batches with the ids of planned windows: [language tag, or bos], text, [eos], padded on the right.</summary>
public sealed class BatchAssembler
{
    private readonly TokenFile _tokens;
    private readonly int[] _first;
    private readonly int _end, _pad;
    private readonly bool _masks;
    private readonly TeacherTargets? _targets;
    private int[] _ids = new int[1024];

    /// <summary>Reads from a token file.</summary>
    /// <param name="tokens">The corpus.</param>
    /// <param name="tokenizer">Its tokenizer, for tags and special tokens.</param>
    /// <param name="masks">Whether the model takes an attention mask.</param>
    /// <param name="targets">What teachers expect, where the step's loss reads it.</param>
    public BatchAssembler(TokenFile tokens, ITokenizer tokenizer, bool masks, TeacherTargets? targets = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokens = tokens;
        (_masks, _targets) = (masks, targets);
        _first = [.. tokens.Languages.Select(language => tokenizer.LanguageTagId(language) ?? tokenizer.BeginId)];
        (_end, _pad) = (tokenizer.EndId, tokenizer.PadId);
    }

    /// <summary>The micro-batch of a planned batch; a sequence's first token is given, never a label.</summary>
    public MicroBatch Assemble(PlannedBatch planned)
    {
        ArgumentNullException.ThrowIfNull(planned);
        int cells = planned.Windows.Length * planned.Length;
        long[] ids = new long[cells], labels = new long[cells];
        long[]? mask = _masks ? new long[cells] : null;
        Array.Fill(ids, _pad);
        Array.Fill(labels, StepModel.IgnoredLabel);
        for (int row = 0; row < planned.Windows.Length; row++)
        {
            int start = row * planned.Length, length = planned.Windows[row].Length;
            Span<long> sequence = ids.AsSpan(start, length);
            Fill(planned.Windows[row], sequence);
            sequence[1..].CopyTo(labels.AsSpan(start + 1));
            mask?.AsSpan(start, length).Fill(1);
        }
        MicroBatch batch = MicroBatch.OfTokens(planned.Windows.Length, planned.Length, ids, labels, mask);
        return _targets is null ? batch : batch with { Inputs = [.. batch.Inputs, .. Targets(_targets, planned, ids)] };
    }

    private static BatchInput[] Targets(TeacherTargets targets, PlannedBatch planned, long[] ids)
    {
        int classes = targets.Classes;
        long[] targetIds = new long[ids.Length * classes];
        float[] weights = new float[targetIds.Length];
        for (int row = 0; row < planned.Windows.Length; row++)
        {
            int start = row * planned.Length, length = planned.Windows[row].Length;
            targets.Fill(planned.Windows[row], ids.AsSpan(start, length), targetIds.AsSpan(start * classes, length * classes), weights.AsSpan(start * classes, length * classes));
        }
        return
        [
            BatchInput.Of(StepModel.TargetIds, targetIds, planned.Windows.Length, planned.Length, classes),
            BatchInput.Of(StepModel.TargetWeights, weights, planned.Windows.Length, planned.Length, classes),
        ];
    }

    private void Fill(TrainingWindow window, Span<long> sequence)
    {
        int count = _tokens.TokenCountOf(window.Text), at = 0;
        if (window.Start == 0) sequence[at++] = _first[_tokens.LanguageOf(window.Text)];
        int from = window.Start + at - 1, wanted = Math.Min(sequence.Length - at, count - from);
        if (_ids.Length < wanted) _ids = new int[wanted * 2];
        _tokens.CopyIds(_tokens.TokenOffsets[window.Text] + from, _ids.AsSpan(0, wanted));
        for (int i = 0; i < wanted; i++) sequence[at++] = _ids[i];
        if (at < sequence.Length) sequence[at] = _end;
    }
}
