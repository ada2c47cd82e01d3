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
        int count = Count(length, context);
        for (int i = 0; i < count; i++) yield return At(text, length, context, i);
    }

    /// <summary>How many windows a sequence is cut into.</summary>
    public static int Count(int length, int context)
    {
        if (length < 2 || context < 2) return 0;
        return length <= context ? 1 : 1 + ((length - context + Stride(context) - 1) / Stride(context));
    }

    /// <summary>One of the windows of a sequence, counted from 0.</summary>
    public static TrainingWindow At(int text, int length, int context, int index)
    {
        int start = index * Stride(context);
        return new TrainingWindow(text, start, Math.Min(context, length - start));
    }

    private static int Stride(int context) => Math.Max(1, context * 3 / 4);
}
