using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>
/// An order of the texts of a language in which the first ones say most about all of them: each next text is the one that adds most, for each of its bytes, to
/// the sum over the character n-grams of their number in all texts times the logarithm of one more than their number in the chosen ones. So common n-grams come first, and
/// none is worth much when it has come often. The sum is submodular, so that the greedy order is close to the best one (Kirchhoff and Bilmes, "Submodularity for data selection
/// in machine translation", 2014).
/// </summary>
public static class TextCoverage
{
    private const int Longest = 5;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>The first texts of the order, until the next would pass the budget, and one at least. All texts are held in memory.</summary>
    /// <param name="texts">The texts of one language.</param>
    /// <param name="bytes">The most UTF-8 bytes.</param>
    /// <returns>Their numbers, in the order.</returns>
    public static IReadOnlyList<int> First(IReadOnlyList<string> texts, long bytes)
    {
        ArgumentNullException.ThrowIfNull(texts);
        int[][] grams = Grams(texts, out int distinct);
        double[] weight = new double[distinct];
        foreach (int gram in grams.SelectMany(text => text)) weight[gram]++;
        int[] chosen = new int[distinct], sizes = [.. texts.Select(Encoding.UTF8.GetByteCount)];
        // A text's gain only falls as others are chosen, so one whose new gain is still ahead of the others' old ones is the best.
        PriorityQueue<int, (double Gain, int Text)> queue = new(Comparer<(double Gain, int Text)>.Create((a, b) => a.Gain != b.Gain ? b.Gain.CompareTo(a.Gain) : a.Text.CompareTo(b.Text)));
        for (int i = 0; i < texts.Count; i++) queue.Enqueue(i, (Gain(i), i));
        List<int> order = [];
        long held = 0;
        while (queue.TryDequeue(out int text, out _))
        {
            (double Gain, int Text) own = (Gain(text), text);
            if (queue.TryPeek(out _, out (double Gain, int Text) next) && queue.Comparer.Compare(own, next) > 0)
            {
                queue.Enqueue(text, own);
                continue;
            }
            if (held > 0 && held + sizes[text] > bytes) break;
            held += sizes[text];
            foreach (int gram in grams[text]) chosen[gram]++;
            order.Add(text);
        }
        return order;

        // Counted in and out again, so that an n-gram that the text has twice counts less the second time.
        double Gain(int text)
        {
            double sum = 0;
            foreach (int gram in grams[text])
            {
                chosen[gram]++;
                sum += weight[gram] * Math.Log((chosen[gram] + 1.0) / chosen[gram]);
            }
            foreach (int gram in grams[text]) chosen[gram]--;
            return sum / Math.Max(1, sizes[text]);
        }
    }

    // The n-grams of each text by number, n from 1 to 5 code points, the end of the text being one. Two n-grams of the same 64-bit hash would count as one.
    private static int[][] Grams(IReadOnlyList<string> texts, out int distinct)
    {
        Dictionary<ulong, int> numbers = [];
        int[][] grams = [.. texts.Select(text =>
        {
            int[] runes = [.. text.EnumerateRunes().Select(rune => rune.Value + 2), 1];
            List<int> own = new(runes.Length * Longest);
            for (int start = 0; start < runes.Length; start++)
            {
                ulong hash = 0;
                for (int end = start; end < Math.Min(runes.Length, start + Longest); end++)
                {
                    hash = (hash ^ (ulong)runes[end]) * Multiplier;
                    hash ^= hash >> 29;
                    if (!numbers.TryGetValue(hash, out int number)) numbers[hash] = number = numbers.Count;
                    own.Add(number);
                }
            }
            return own.ToArray();
        })];
        distinct = numbers.Count;
        return grams;
    }
}
