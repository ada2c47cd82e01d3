using Glossa.Models.Steps;
using Glossa.Pipeline.Finetune.Texts;

namespace Glossa.Pipeline.Finetune.Batches;

/// <summary>
/// Hides tokens for masked language modelling, anew every time a text is seen: 15 % of them are to be predicted, of which 80 % show the mask, 10 % another
/// token, 10 % themselves (Devlin and others, "BERT", 2018).
/// </summary>
internal static class TokenMasking
{
    private const double Share = 0.15;

    /// <summary>Hides tokens of a row; at least one, where it has any that are not special.</summary>
    /// <param name="row">Token ids.</param>
    /// <param name="encoder">Says which ids are special.</param>
    /// <param name="random">The row's own random numbers in this epoch.</param>
    /// <returns>The ids to show, and the hidden ones as labels.</returns>
    public static (int[] Ids, long[] Labels, int Count) Apply(int[] row, FolderEncoder encoder, SeededRandom random)
    {
        int[] ids = [.. row], places = [.. Enumerable.Range(0, row.Length).Where(i => !encoder.IsSpecial(row[i]))];
        long[] labels = new long[row.Length];
        Array.Fill(labels, StepModel.IgnoredLabel);
        HashSet<int> chosen = [.. places.Where(_ => random.NextDouble() < Share)];
        if (chosen.Count == 0 && places.Length > 0) chosen.Add(places[random.NextInt32(places.Length)]);
        foreach (int place in places.Where(chosen.Contains))
        {
            labels[place] = row[place];
            double draw = random.NextDouble();
            if (draw < 0.8) ids[place] = encoder.MaskId;
            else if (draw < 0.9) ids[place] = AnyToken(encoder, random);
        }
        return (ids, labels, chosen.Count);
    }

    private static int AnyToken(FolderEncoder encoder, SeededRandom random)
    {
        int id = random.NextInt32(encoder.VocabularySize);
        for (int tries = 0; encoder.IsSpecial(id) && tries < 100; tries++) id = random.NextInt32(encoder.VocabularySize);
        return id;
    }
}
