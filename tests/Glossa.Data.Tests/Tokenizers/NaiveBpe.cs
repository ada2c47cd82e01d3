using System.Text;
using Glossa.Data.Tokenizers;

namespace Glossa.Data.Tests.Tokenizers;

/// <summary>Byte-pair encoding as its definition says, slowly: what the fast trainer and encoder are compared with.</summary>
internal static class NaiveBpe
{
    public static List<BpeMerge> Train(IEnumerable<string> texts, BpeTrainerOptions options)
    {
        List<List<int>> words = [.. texts.SelectMany(text => Words(text, options.Pattern)).Select(Bytes)];
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        List<string> names = [.. Enumerable.Range(0, BpeTrainerOptions.SmallestVocabulary).Select(id => ((char)id).ToString())];
        List<BpeMerge> merges = [];
        HashSet<(int, int)> done = [];
        while (names.Count < options.VocabularySize)
        {
            Dictionary<(int, int), long> counts = [];
            foreach (List<int> word in words)
                for (int i = 0; i + 1 < word.Count; i++)
                    counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
            if (counts.Count == 0) break;
            ((int left, int right), _) = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).First();
            string name = names[left] + names[right];
            if (!ids.TryGetValue(name, out int result))
            {
                ids.Add(name, result = names.Count);
                names.Add(name);
            }
            BpeMerge merge = new(left, right, result);
            if (done.Add((left, right))) merges.Add(merge);
            foreach (List<int> word in words) Apply(word, merge);
        }
        return merges;
    }

    public static List<int> Encode(string text, BpeModel model)
    {
        List<int> ids = [];
        foreach (string word in Words(text, model.Pattern))
        {
            List<int> symbols = Bytes(word);
            while (true)
            {
                int best = int.MaxValue, at = -1;
                for (int i = 0; i + 1 < symbols.Count; i++)
                {
                    int rank = 0;
                    while (rank < model.Merges.Length && (model.Merges[rank].Left, model.Merges[rank].Right) != (symbols[i], symbols[i + 1])) rank++;
                    if (rank < model.Merges.Length && rank < best) (best, at) = (rank, i);
                }
                if (at < 0) break;
                symbols[at] = model.Merges[best].Result;
                symbols.RemoveAt(at + 1);
            }
            ids.AddRange(symbols);
        }
        return ids;
    }

    private static List<int> Bytes(string word) => [.. Encoding.UTF8.GetBytes(word).Select(value => BpeModel.FirstByteId + value)];

    private static IEnumerable<string> Words(string text, WordPattern pattern)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = pattern.WordEnd(text, start);
            yield return text[start..end];
            start = end;
        }
    }

    private static void Apply(List<int> word, BpeMerge merge)
    {
        for (int i = 0; i + 1 < word.Count; i++)
        {
            if (word[i] != merge.Left || word[i + 1] != merge.Right) continue;
            word[i] = merge.Result;
            word.RemoveAt(i + 1);
        }
    }
}
