namespace Glossa.Data.Languages.Selection;

/// <summary>Checks a request and makes the order of choice of the methods that do not look at similarity.</summary>
internal static class SelectionOrder
{
    /// <summary>Indices into <paramref name="candidates"/> in the order of choice; null where the choice is greedy.</summary>
    /// <param name="request">The request.</param>
    /// <param name="candidates">The candidates in ordinal order of tags.</param>
    /// <exception cref="InputException">The count or the list does not fit the candidates.</exception>
    public static int[]? Of(SelectionRequest request, LanguageCandidate[] candidates)
    {
        if (candidates.Length == 0) throw new InputException("there are no languages to choose from", fix: "give a corpus with training text");
        if (request.Method == SelectionMethod.List) return Listed(request.List, candidates);
        if (request.Count < 1)
            throw new InputException($"languages.count is {request.Count}", fix: $"give a number from 1 to {candidates.Length}");
        if (request.Count > candidates.Length)
        {
            throw new InputException($"languages.count is {request.Count}, but the corpus has {candidates.Length} languages",
                fix: $"give a number from 1 to {candidates.Length}");
        }
        int[] order = [.. Enumerable.Range(0, candidates.Length)];
        switch (request.Method)
        {
            case SelectionMethod.Diverse:
                return null;
            case SelectionMethod.Random:
                new SeededRandom(request.Seed).Shuffle<int>(order);
                break;
            case SelectionMethod.Largest:
                // The sort is stable: equal sizes stay in ordinal order of tags.
                order = [.. order.OrderByDescending(i => candidates[i].TrainBytes)];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(request), request.Method, "no such method");
        }
        return order[..request.Count];
    }

    private static int[] Listed(IReadOnlyList<string> list, LanguageCandidate[] candidates)
    {
        if (list.Count == 0) throw new InputException("languages.list is empty", fix: "name at least one language of the corpus");
        Dictionary<string, int> byTag = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < candidates.Length; i++) byTag.TryAdd(candidates[i].Tag, i);
        List<int> order = [];
        foreach (string tag in list)
        {
            if (!byTag.TryGetValue(tag.Trim(), out int index))
            {
                throw new InputException($"languages.list names '{tag}', which is not in the corpus",
                    fix: NearestName.Advice(tag, [.. candidates.Select(candidate => candidate.Tag)]));
            }
            if (order.Contains(index)) throw new InputException($"languages.list names '{tag}' twice", fix: "name it once");
            order.Add(index);
        }
        return [.. order];
    }
}
