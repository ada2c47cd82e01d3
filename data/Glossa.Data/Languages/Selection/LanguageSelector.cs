using System.Globalization;

namespace Glossa.Data.Languages.Selection;

/// <summary>
/// Chooses the languages of phase 1. The result depends on the candidates, the table and the options alone: candidates
/// are first put into ordinal order of their tags, and ties go to the tag that is first in it.
/// </summary>
public static class LanguageSelector
{
    /// <summary>How many relatives a pick and its reason name.</summary>
    public const int TopRelatives = 5;

    /// <summary>Chooses languages and says why.</summary>
    /// <exception cref="InputException">The count or the list does not fit the corpus, or a weight makes no sense.</exception>
    /// <exception cref="ArgumentException">Two candidates have the same tag.</exception>
    public static SelectionResult Select(SelectionRequest request)
    {
        LanguageCandidate[] candidates = [.. request.Candidates.OrderBy(candidate => candidate.Tag, StringComparer.Ordinal)];
        for (int i = 1; i < candidates.Length; i++)
            if (candidates[i].Tag == candidates[i - 1].Tag) throw new ArgumentException($"candidate '{candidates[i].Tag}' stands twice", nameof(request));
        int[]? order = SelectionOrder.Of(request, candidates);
        SimilarityOptions options = request.Similarity;
        LanguageFeatures[] features =
            [.. candidates.Select(candidate => LanguageFeatures.Of(candidate, request.Table, options.MaxProfileCharacters))];
        CharacterProfiles profiles = CharacterProfiles.Build(
            [.. candidates.Select(candidate => candidate.TrainTexts)], options.MaxProfileCharacters);
        SimilarityMatrix similarity = SimilarityMatrix.Build(features, profiles, options);
        return Choose(request, candidates, features, similarity, order);
    }

    /// <summary>Chooses in the given order, or greedily where there is none.</summary>
    private static SelectionResult Choose(
        SelectionRequest request, LanguageCandidate[] candidates, LanguageFeatures[] features, SimilarityMatrix similarity, int[]? order)
    {
        FacilityLocation location = new(similarity);
        bool[] chosen = new bool[candidates.Length];
        int count = order?.Length ?? request.Count;
        List<Step> steps = [];
        for (int k = 0; k < count; k++)
        {
            int pick = order is null ? location.Greedy(chosen) : order[k];
            long gain = location.Gain(pick);
            chosen[pick] = true;
            steps.Add(new Step(pick, gain, [.. location.Choose(pick).Where(i => !chosen[i]).Select(i => RelativeOf(i, pick))]));
        }

        Relative RelativeOf(int language, int pick) => new(features[language].Tag, Share(similarity.Row(pick)[language]));

        int[] nearest = location.Nearest.ToArray();
        int[] best = location.Best.ToArray();
        int[] others = [.. Enumerable.Range(0, candidates.Length).Where(i => !chosen[i])];
        List<LanguagePick> picks = [];
        foreach ((Step step, int rank) in steps.Select((step, index) => (step, index + 1)))
        {
            IEnumerable<Relative> represents = others.Where(i => nearest[i] == step.Pick).Select(i => RelativeOf(i, step.Pick));
            Relative? nearestPick = NearestOtherPick(step.Pick, steps, features, similarity);
            picks.Add(step.Describe(features[step.Pick], represents, nearestPick, Lead(request, candidates[step.Pick], rank)));
        }
        double coverage = best.Sum(value => (long)value) / (double)SimilarityMatrix.One;
        return new SelectionResult(
            request.Method,
            picks,
            [.. others.Select(i => new NearestChosen(features[i].Tag, features[nearest[i]].Tag, Share(best[i])))],
            coverage,
            coverage / candidates.Length,
            others.Length == 0 ? 1 : others.Average(i => Share(best[i])),
            others.Length == 0 ? 1 : others.Min(i => Share(best[i])));
    }

    private static Relative? NearestOtherPick(int pick, List<Step> steps, LanguageFeatures[] features, SimilarityMatrix similarity)
    {
        Relative? nearest = null;
        int best = -1;
        foreach (Step step in steps)
        {
            int value = similarity.Row(pick)[step.Pick];
            if (step.Pick == pick || value <= best) continue;
            best = value;
            nearest = new Relative(features[step.Pick].Tag, Share(value));
        }
        return nearest;
    }

    private static string Lead(SelectionRequest request, LanguageCandidate candidate, int rank) => request.Method switch
    {
        SelectionMethod.Random => string.Create(CultureInfo.InvariantCulture, $"drawn at random (seed {request.Seed}); "),
        SelectionMethod.Largest => string.Create(CultureInfo.InvariantCulture, $"number {rank} by training text ({candidate.TrainBytes:N0} bytes); "),
        SelectionMethod.List => "named by hand; ",
        _ => "",
    };

    private static double Share(int millionths) => millionths / (double)SimilarityMatrix.One;

    /// <summary>One choice: the language, its gain in millionths, and those that it stood for best at once.</summary>
    private sealed record Step(int Pick, long Gain, List<Relative> Newly)
    {
        public LanguagePick Describe(LanguageFeatures features, IEnumerable<Relative> represents, Relative? nearestPick, string lead)
        {
            Relative[] all = [.. Sorted(represents)];
            return new LanguagePick(
                features.Tag,
                features.Name,
                features.Script,
                features.FamilyPath,
                Gain / (double)SimilarityMatrix.One,
                [.. Sorted(Newly).Take(TopRelatives)],
                Newly.Count,
                all,
                lead + PickReason.Write(features, all, nearestPick));
        }

        private static IEnumerable<Relative> Sorted(IEnumerable<Relative> relatives) =>
            relatives.OrderByDescending(relative => relative.Similarity).ThenBy(relative => relative.Tag, StringComparer.Ordinal);
    }
}
