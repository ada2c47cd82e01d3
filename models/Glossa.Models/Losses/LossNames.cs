namespace Glossa.Models.Losses;

/// <summary>The names that losses have in commands, configurations and metadata.</summary>
public static class LossNames
{
    private static readonly (string Name, LossKind Kind)[] Known =
    [
        ("causal-lm", LossKind.CausalLm), ("masked-lm", LossKind.MaskedLm), ("seq2seq-lm", LossKind.Seq2SeqLm),
        ("sequence-classification", LossKind.SequenceClassification), ("token-classification", LossKind.TokenClassification),
        ("cross-entropy", LossKind.CrossEntropy),
        ("mse", LossKind.Mse), ("regression", LossKind.Mse), ("embedding", LossKind.Embedding), ("custom", LossKind.Custom),
    ];

    /// <summary>All names; <c>regression</c> is another one of <c>mse</c>.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The loss of that name.</summary>
    /// <exception cref="InputException">There is none; the message gives the nearest.</exception>
    public static LossKind Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach ((string known, LossKind kind) in Known)
        {
            if (known == name) return kind;
        }
        throw new InputException($"unknown loss '{name}'", fix: NearestName.Advice(name, All));
    }

    /// <summary>The first name of a loss.</summary>
    public static string Of(LossKind kind) => Array.Find(Known, known => known.Kind == kind).Name;
}
