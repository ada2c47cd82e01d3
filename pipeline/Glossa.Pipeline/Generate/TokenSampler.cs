namespace Glossa.Pipeline.Generate;

/// <summary>
/// Chooses a token from logits: temperature first, then the top-k cut, then the top-p cut (Holtzman et al., "The curious
/// case of neural text degeneration", 2020). Among equal logits the lower id comes first, so a seed determines the text.
/// </summary>
internal sealed class TokenSampler(GenerationOptions options, Func<int, bool> allowed)
{
    private readonly SeededRandom _random = new(options.Seed);
    private int[] _ids = [];
    private (float NegatedLogit, int Id)[] _keys = [];
    private double[] _weights = [];

    /// <summary>The next token.</summary>
    /// <param name="logits">One logit per id; ids that are not allowed are passed over.</param>
    public int Next(ReadOnlySpan<float> logits) => options.Temperature == 0 || options.TopK == 1 ? Likeliest(logits) : Sample(logits);

    private int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = -1;
        for (int id = 0; id < logits.Length; id++)
            if (allowed(id) && (best < 0 || logits[id] > logits[best])) best = id;
        return best;
    }

    private int Sample(ReadOnlySpan<float> logits)
    {
        int count = SortAllowed(logits);
        if (options.TopK > 0) count = Math.Min(count, options.TopK);
        double total = 0;
        for (int i = 0; i < count; i++)
            total += _weights[i] = Math.Exp(((double)logits[_ids[i]] - logits[_ids[0]]) / options.Temperature);
        double kept = 0;
        for (int i = 0; i < count; i++)
        {
            kept += _weights[i];
            if (kept >= options.TopP * total) count = i + 1;
        }
        double point = _random.NextDouble() * kept;
        for (int i = 0; i < count - 1; i++)
            if ((point -= _weights[i]) < 0) return _ids[i];
        return _ids[count - 1];
    }

    /// <summary>Puts the allowed ids first in descending order of their logits; returns how many they are.</summary>
    private int SortAllowed(ReadOnlySpan<float> logits)
    {
        if (_ids.Length < logits.Length)
        {
            _ids = new int[logits.Length];
            _keys = new (float, int)[logits.Length];
            _weights = new double[logits.Length];
        }
        int count = 0;
        for (int id = 0; id < logits.Length; id++)
            if (allowed(id)) _keys[count++] = (-logits[id], id);
        Array.Sort(_keys, 0, count);
        for (int i = 0; i < count; i++) _ids[i] = _keys[i].Id;
        return count;
    }
}
