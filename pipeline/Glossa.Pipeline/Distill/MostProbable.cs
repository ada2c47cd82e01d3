namespace Glossa.Pipeline.Distill;

/// <summary>The largest of many numbers.</summary>
internal static class MostProbable
{
    /// <summary>Finds as many as there is room for, the largest first; of equal ones the first.</summary>
    /// <param name="values">The numbers; none is negative.</param>
    /// <param name="places">Gets their places.</param>
    /// <param name="largest">Gets the numbers, as many as places.</param>
    public static void Find(ReadOnlySpan<float> values, Span<int> places, Span<float> largest)
    {
        largest.Fill(-1);
        for (int place = 0; place < values.Length; place++)
        {
            float value = values[place];
            if (!(value > largest[^1])) continue;
            int at = largest.Length - 1;
            for (; at > 0 && value > largest[at - 1]; at--) (largest[at], places[at]) = (largest[at - 1], places[at - 1]);
            (largest[at], places[at]) = (value, place);
        }
    }
}
