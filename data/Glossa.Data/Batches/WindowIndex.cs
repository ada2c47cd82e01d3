namespace Glossa.Data.Batches;

/// <summary>
/// The windows of the texts of one language, found by their number and not listed: for each block of texts stands how many windows come before it, so that memory is a
/// quarter of a byte a text.
/// </summary>
public sealed class WindowIndex
{
    private const int BlockTexts = 16;

    private readonly int _first, _texts, _context;
    private readonly Func<int, int> _length;
    private readonly int[] _before;

    /// <summary>Counts the windows of texts.</summary>
    /// <param name="first">The first text's number in its token source.</param>
    /// <param name="texts">How many texts follow each other from there.</param>
    /// <param name="length">Positions of a text's sequence, by its number, at least 2; asked again whenever a window is looked up.</param>
    /// <param name="context">Longest window, at least 2.</param>
    public WindowIndex(int first, int texts, Func<int, int> length, int context)
    {
        ArgumentNullException.ThrowIfNull(length);
        (_first, _texts, _length, _context) = (first, texts, length, context);
        _before = new int[(texts + BlockTexts - 1) / BlockTexts];
        for (int i = 0; i < texts; i++)
        {
            if (i % BlockTexts == 0) _before[i / BlockTexts] = Count;
            int size = length(first + i), count = TrainingWindow.Count(size, context);
            if (count == 0) throw new ArgumentException($"a sequence of {size} positions has no window of at most {context}", nameof(length));
            Count = checked(Count + count);
            // Only a text's last window is shorter than the context.
            Predictions += ((long)(count - 1) * (context - 1)) + TrainingWindow.At(first + i, size, context, count - 1).Predictions;
        }
    }

    /// <summary>No windows.</summary>
    public static WindowIndex Empty { get; } = new(0, 0, _ => 0, 2);

    /// <summary>Number of windows.</summary>
    public int Count { get; }

    /// <summary>Tokens that all windows predict.</summary>
    public long Predictions { get; }

    /// <summary>A window, counted from 0 in the order of the texts.</summary>
    public TrainingWindow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            // Blocks hold about as many windows each: the guess is seldom far off.
            int block = (int)((long)index * _before.Length / Count);
            while (_before[block] > index) block--;
            while (block + 1 < _before.Length && _before[block + 1] <= index) block++;
            int text = block * BlockTexts, left = index - _before[block];
            int windows = (block + 1 < _before.Length ? _before[block + 1] : Count) - _before[block];
            // Each text has a window at least, so as many windows as texts are one of each.
            if (windows == Math.Min(BlockTexts, _texts - text)) (text, left) = (text + left, 0);
            while (true)
            {
                int size = _length(_first + text), count = TrainingWindow.Count(size, _context);
                if (left < count) return TrainingWindow.At(_first + text, size, _context, left);
                left -= count;
                text++;
            }
        }
    }
}
