namespace Glossa.Data.Tokenizers.HuggingFace.Normalizers;

/// <summary>Normalizers one after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<INormalizer> steps) : INormalizer
{
    [ThreadStatic]
    private static Stack<AlignedText>? _spare;

    /// <inheritdoc/>
    public bool TryNormalize(AlignedText source, int start, int end, AlignedText target)
    {
        (AlignedText current, int from, int to) = (source, start, end);
        foreach (INormalizer step in steps)
        {
            AlignedText next = Rent();
            next.KeepsPlaces = source.KeepsPlaces;
            if (!step.TryNormalize(current, from, to, next))
            {
                Return(next);
                continue;
            }
            if (current != source) Return(current);
            (current, from, to) = (next, 0, next.Length);
        }
        if (current == source) return false;
        target.Append(current, from, to);
        Return(current);
        return true;
    }

    private static AlignedText Rent()
    {
        if (_spare is null || !_spare.TryPop(out AlignedText? text)) return new AlignedText();
        text.Clear();
        return text;
    }

    private static void Return(AlignedText text) => (_spare ??= new Stack<AlignedText>()).Push(text);
}
