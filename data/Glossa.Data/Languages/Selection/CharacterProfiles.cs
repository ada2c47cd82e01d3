using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Glossa.Data.Languages.Selection;

/// <summary>
/// Profiles of languages: counts of character 1- to 3-grams hashed into a fixed number of buckets, damped by a logarithm,
/// weighted by how few languages share the bucket, and scaled to length 1, so that a dot product is a cosine.
/// </summary>
internal sealed class CharacterProfiles
{
    /// <summary>Buckets of a profile.</summary>
    public const int Buckets = 1 << BucketBits;

    private const int BucketBits = 14;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private readonly float[] _rows;
    private readonly bool[] _empty;

    private CharacterProfiles(float[] rows, bool[] empty) => (_rows, _empty) = (rows, empty);

    /// <summary>Makes the profile of each language from at most <paramref name="maxCharacters"/> of its texts.</summary>
    public static CharacterProfiles Build(IReadOnlyList<IEnumerable<string>> textsByLanguage, int maxCharacters)
    {
        int languages = textsByLanguage.Count;
        float[] rows = new float[checked(languages * Buckets)];
        bool[] empty = new bool[languages];
        int[] counts = new int[Buckets];
        int[] languagesWith = new int[Buckets];
        for (int i = 0; i < languages; i++)
        {
            counts.AsSpan().Clear();
            empty[i] = !Count(textsByLanguage[i], maxCharacters, counts);
            Span<float> row = rows.AsSpan(i * Buckets, Buckets);
            for (int b = 0; b < Buckets; b++)
            {
                if (counts[b] == 0) continue;
                row[b] = MathF.Log(1 + counts[b]);
                languagesWith[b]++;
            }
        }
        float[] rarity = new float[Buckets];
        for (int b = 0; b < Buckets; b++)
            if (languagesWith[b] > 0) rarity[b] = MathF.Log((1f + languages) / languagesWith[b]);
        for (int i = 0; i < languages; i++) Normalize(rows.AsSpan(i * Buckets, Buckets), rarity);
        return new CharacterProfiles(rows, empty);
    }

    /// <summary>True where a language has no letters to make a profile of.</summary>
    public bool IsEmpty(int language) => _empty[language];

    /// <summary>The cosines of language <paramref name="a"/> with each language from <paramref name="a"/> on.</summary>
    /// <param name="a">The first of up to four languages whose cosines are taken at once.</param>
    /// <param name="count">How many languages from <paramref name="a"/> on, 1 to 4.</param>
    /// <param name="cosines">
    /// <c>[languages - a, 4]</c>: the cosine of languages a + j and a + i at 4 * j + i; columns from <paramref name="count"/> on are junk.
    /// </param>
    public void Cosines(int a, int count, Span<float> cosines)
    {
        int languages = _empty.Length;
        ReadOnlySpan<float> row0 = Row(a);
        ReadOnlySpan<float> row1 = Row(a + Math.Min(1, count - 1));
        ReadOnlySpan<float> row2 = Row(a + Math.Min(2, count - 1));
        ReadOnlySpan<float> row3 = Row(a + Math.Min(3, count - 1));
        for (int j = a; j < languages; j++)
            Dot4(Row(j), row0, row1, row2, row3, cosines.Slice((j - a) * 4, 4));
    }

    private ReadOnlySpan<float> Row(int language) => _rows.AsSpan(language * Buckets, Buckets);

    // Eight lanes on every machine and no fused multiply-add: the same bits everywhere.
    private static void Dot4(
        ReadOnlySpan<float> x, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, ReadOnlySpan<float> d, Span<float> dots)
    {
        ref float xs = ref MemoryMarshal.GetReference(x);
        ref float rowA = ref MemoryMarshal.GetReference(a);
        ref float rowB = ref MemoryMarshal.GetReference(b);
        ref float rowC = ref MemoryMarshal.GetReference(c);
        ref float rowD = ref MemoryMarshal.GetReference(d);
        Vector256<float> sumA = default, sumB = default, sumC = default, sumD = default;
        for (nuint k = 0; k < Buckets; k += 8)
        {
            Vector256<float> v = Vector256.LoadUnsafe(ref xs, k);
            sumA += v * Vector256.LoadUnsafe(ref rowA, k);
            sumB += v * Vector256.LoadUnsafe(ref rowB, k);
            sumC += v * Vector256.LoadUnsafe(ref rowC, k);
            sumD += v * Vector256.LoadUnsafe(ref rowD, k);
        }
        dots[0] = Sum(sumA);
        dots[1] = Sum(sumB);
        dots[2] = Sum(sumC);
        dots[3] = Sum(sumD);
    }

    // Vector256.Sum leaves the order of additions to the machine.
    private static float Sum(Vector256<float> v) => ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));

    private static void Normalize(Span<float> row, float[] rarity)
    {
        double squares = 0;
        for (int b = 0; b < row.Length; b++)
        {
            row[b] *= rarity[b];
            squares += (double)row[b] * row[b];
        }
        if (squares == 0) return;
        float scale = (float)(1 / Math.Sqrt(squares));
        foreach (ref float value in row) value *= scale;
    }

    private static bool Count(IEnumerable<string> texts, int maxCharacters, int[] counts)
    {
        bool any = false;
        int left = maxCharacters;
        foreach (string text in texts)
        {
            any |= Count(text.AsSpan(0, Math.Min(left, text.Length)), counts);
            left -= text.Length;
            if (left <= 0) break;
        }
        return any;
    }

    /// <summary>Counts the n-grams of one text: letters in lower case, a space for each run of anything else and at both ends.</summary>
    private static bool Count(ReadOnlySpan<char> text, int[] counts)
    {
        bool any = false;
        uint before = 0, last = ' ';
        foreach (Rune rune in text.EnumerateRunes())
        {
            uint current = IsPartOfWord(rune) ? (uint)Rune.ToLowerInvariant(rune).Value : ' ';
            if (current == ' ')
            {
                if (last == ' ') continue;
            }
            else
            {
                any = true;
                counts[Bucket(current)]++;
            }
            Add(before, last, current, counts);
            (before, last) = (last, current);
        }
        if (last != ' ') Add(before, last, ' ', counts);
        return any;
    }

    private static void Add(uint before, uint last, uint current, int[] counts)
    {
        counts[Bucket(((ulong)last << 21) | current)]++;
        if (before != 0) counts[Bucket(((ulong)before << 42) | ((ulong)last << 21) | current)]++;
    }

    private static bool IsPartOfWord(Rune rune) => Rune.IsLetter(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark; // Vowel signs.

    private static int Bucket(ulong gram)
    {
        gram *= Multiplier;
        gram ^= gram >> 29;
        return (int)((gram * Multiplier) >> (64 - BucketBits));
    }
}
