namespace Glossa.Data.Batches;

/// <summary>
/// A stretch of one text's sequence, which is [language tag or bos], text, [eos]: what a model sees at once.
/// </summary>
/// <param name="Text">Number of the text in its token source.</param>
/// <param name="Start">First position in the sequence.</param>
/// <param name="Length">Number of positions; at least 2.</param>
public readonly record struct TrainingWindow(int Text, int Start, int Length)
{
    /// <summary>Number of tokens that are predicted.</summary>
    public int Predictions => Length - 1;

    /// <summary>
    /// Cuts a sequence of <paramref name="length"/> positions into windows of at most <paramref name="context"/>; a long one advances by three
    /// quarters of a window, as evaluation does, so that the last quarter is seen again as context.
    /// </summary>
    public static IEnumerable<TrainingWindow> Cut(int text, int length, int context)
    {
        int stride = Math.Max(1, context * 3 / 4);
        for (int start = 0; ; start += stride)
        {
            int size = Math.Min(context, length - start);
            if (size >= 2) yield return new TrainingWindow(text, start, size);
            if (start + context >= length) yield break;
        }
    }
}
