using System.Globalization;

namespace Glossa.Data.Languages.Selection;

/// <summary>
/// How alike every two languages are, in whole millionths from 0 to <see cref="One"/>: sums of them are exact, so ties and
/// gains do not depend on the order of additions, and hardly ever on the last bit of a machine's exponential.
/// </summary>
internal sealed class SimilarityMatrix
{
    /// <summary>The similarity of a language to itself.</summary>
    public const int One = 1_000_000;

    private const int Components = 4;
    private const int TileRows = 4;

    private readonly int[] _values;

    /// <summary>Wraps a symmetric matrix <c>[count, count]</c> in millionths whose diagonal is <see cref="One"/>.</summary>
    public SimilarityMatrix(int count, int[] values) => (Count, _values) = (count, values);

    /// <summary>Number of languages.</summary>
    public int Count { get; }

    /// <summary>The similarities of one language to all.</summary>
    public ReadOnlySpan<int> Row(int language) => _values.AsSpan(language * Count, Count);

    /// <summary>
    /// The weighted mean of the four components. A component that is unknown for a pair (a blank family, no coordinates,
    /// no text) counts as its mean over the pairs where it is known: leaving it out of the mean instead would make
    /// languages of unknown family look like relatives of everybody, since most families differ. A component that is
    /// known for no pair is left out.
    /// </summary>
    public static SimilarityMatrix Build(IReadOnlyList<LanguageFeatures> features, CharacterProfiles profiles, SimilarityOptions options)
    {
        int n = features.Count;
        double[] weights = Weights(options);
        float[] known = new float[checked(n * n)]; // Weighted sum of the known components; upper triangle.
        byte[] missing = new byte[n * n]; // One bit per unknown component.
        double[] sums = new double[Components];
        long[] counts = new long[Components];
        double?[] pair = new double?[Components];
        float[] cosines = new float[n * TileRows];
        for (int tile = 0; tile < n; tile += TileRows)
        {
            int rows = Math.Min(TileRows, n - tile);
            profiles.Cosines(tile, rows, cosines);
            for (int i = tile; i < tile + rows; i++)
            {
                for (int j = i + 1; j < n; j++)
                {
                    pair[0] = features[i].ScriptSimilarity(features[j]);
                    pair[1] = features[i].FamilySimilarity(features[j]);
                    pair[2] = features[i].GeographySimilarity(features[j], options.GeographyScaleKilometres);
                    pair[3] = profiles.IsEmpty(i) || profiles.IsEmpty(j) ? null : Math.Clamp(cosines[((j - tile) * 4) + i - tile], 0, 1);
                    (known[(i * n) + j], missing[(i * n) + j]) = Combine(pair, weights, sums, counts);
                }
            }
        }
        return new SimilarityMatrix(n, Complete(n, known, missing, Fill(weights, sums, counts, out double total), total));
    }

    private static (float Known, byte Missing) Combine(double?[] pair, double[] weights, double[] sums, long[] counts)
    {
        double known = 0;
        int missing = 0;
        for (int c = 0; c < Components; c++)
        {
            if (pair[c] is double value)
            {
                known += weights[c] * value;
                sums[c] += value;
                counts[c]++;
            }
            else
            {
                missing |= 1 << c;
            }
        }
        return ((float)known, (byte)missing);
    }

    /// <summary>What to add for each set of unknown components, and the weight that the whole is divided by.</summary>
    private static double[] Fill(double[] weights, double[] sums, long[] counts, out double total)
    {
        double[] fill = new double[1 << Components];
        total = 0;
        for (int c = 0; c < Components; c++)
        {
            if (counts[c] == 0) continue;
            total += weights[c];
            for (int set = 0; set < fill.Length; set++)
                if ((set >> c & 1) != 0) fill[set] += weights[c] * sums[c] / counts[c];
        }
        return fill;
    }

    private static int[] Complete(int n, float[] known, byte[] missing, double[] fill, double total)
    {
        int[] values = new int[n * n];
        for (int i = 0; i < n; i++)
        {
            values[(i * n) + i] = One;
            for (int j = i + 1; j < n; j++)
            {
                int at = (i * n) + j;
                // Two languages never count as one and the same: a choice of either must still be worth something.
                double similarity = total == 0 ? 0 : (known[at] + fill[missing[at]]) / total;
                values[at] = values[(j * n) + i] = Math.Min((int)Math.Round(similarity * One), One - 1);
            }
        }
        return values;
    }

    private static double[] Weights(SimilarityOptions options)
    {
        double[] weights = [options.ScriptWeight, options.FamilyWeight, options.GeographyWeight, options.TextWeight];
        if (weights.Any(weight => !(weight >= 0 && double.IsFinite(weight))) || weights.Sum() == 0)
        {
            throw new InputException($"the similarity weights are {string.Join(", ", weights.Select(Invariant))}",
                fix: "give each 0 or more, and at least one more than 0");
        }
        if (!(options.GeographyScaleKilometres > 0))
            throw new InputException($"the geography scale is {Invariant(options.GeographyScaleKilometres)} km", fix: "give it a length above 0");
        if (options.MaxProfileCharacters < 1)
            throw new InputException($"a profile of {options.MaxProfileCharacters} characters says nothing", fix: "give it 1 or more; 65536 is usual");
        return weights;
    }

    private static string Invariant(double value) => value.ToString(CultureInfo.InvariantCulture);
}
