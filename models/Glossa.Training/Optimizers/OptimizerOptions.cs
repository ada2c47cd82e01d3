namespace Glossa.Training.Optimizers;

/// <summary>The update rule of a parameter group.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019).</summary>
    AdamW,

    /// <summary>Momentum orthogonalised by Newton-Schulz steps, for hidden matrices (Jordan and others, "Muon", 2024).</summary>
    Muon,

    /// <summary>Stochastic gradient descent with momentum.</summary>
    Sgd,
}

/// <summary>How Muon's step depends on the shape of a matrix of <c>rows</c> outputs and <c>columns</c> inputs.</summary>
public enum MuonScale
{
    /// <summary>sqrt(max(1, rows / columns)).</summary>
    Original,

    /// <summary>0.2 sqrt(max(rows, columns)): steps as long as AdamW's, so that AdamW's rates carry over.</summary>
    MatchRms,
}

/// <summary>Settings of one parameter group: which parameters, which rule, which rates.</summary>
public sealed record OptimizerGroupOptions
{
    /// <summary>
    /// Parameter names that belong to the group: <c>*</c> stands for any characters, <c>?</c> for one, and <c>|</c>
    /// separates alternatives (<c>*embed*|*.wte.weight</c>). Case matters. A <see cref="OptimizerKind.Muon"/> group passes
    /// over tensors that are not matrices, which a later group then takes.
    /// </summary>
    public string Match { get; init; } = "*";

    /// <summary>The group's parameters by their exact names, in place of <see cref="Match"/>, which then only names the group in errors; null where the pattern decides.</summary>
    public IReadOnlySet<string>? Names { get; init; }

    /// <summary>Whether the group passes over tensors that are not matrices, as Muon's always does.</summary>
    public bool MatricesOnly { get; init; }

    /// <summary>The update rule.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.AdamW;

    /// <summary>Learning rate at a schedule factor of 1.</summary>
    public float LearningRate { get; init; } = 0.003f;

    /// <summary>Momentum of Muon and SGD, in [0, 1).</summary>
    public float Momentum { get; init; } = 0.95f;

    /// <summary>Whether Muon and SGD look ahead along the momentum (Nesterov).</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>Decay rates of AdamW's first and second moment, each in [0, 1).</summary>
    public IReadOnlyList<float> Betas { get; init; } = [0.9f, 0.95f];

    /// <summary>Added to AdamW's denominator; for Muon, the least Frobenius norm that is divided by. Null takes 1e-8 and 1e-7.</summary>
    public float? Epsilon { get; init; }

    /// <summary>Decoupled weight decay, multiplied by the learning rate, for every rule (Muon: by the rate before its scale).</summary>
    public float WeightDecay { get; init; }

    /// <summary>Muon's scale by shape.</summary>
    public MuonScale Scale { get; init; } = MuonScale.Original;

    /// <summary>True where the group's matrices are stored [inputs, outputs]: rows and columns change places in Muon's scale.</summary>
    public bool Transposed { get; init; }

    /// <summary>Checks ranges.</summary>
    /// <exception cref="InputException">A setting is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Match), nameof(Match), Match, "a pattern such as '*.weight'");
        Require(float.IsFinite(LearningRate) && LearningRate >= 0, nameof(LearningRate), LearningRate, "a number of at least 0");
        Require(Momentum is >= 0 and < 1, nameof(Momentum), Momentum, "a number in [0, 1)");
        Require(float.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), WeightDecay, "a number of at least 0");
        Require(Betas is { Count: 2 } && Betas.All(beta => beta is >= 0 and < 1), nameof(Betas),
            Betas is null ? "null" : $"[{string.Join(", ", Betas.Select(Text))}]", "two numbers in [0, 1)");
        Require(Epsilon is null || (float.IsFinite(Epsilon.Value) && Epsilon > 0), nameof(Epsilon), Epsilon, "a number above 0");
        Require(Enum.IsDefined(Kind), nameof(Kind), Kind, "AdamW, Muon or Sgd");
        Require(Enum.IsDefined(Scale), nameof(Scale), Scale, "Original or MatchRms");
    }

    private void Require(bool holds, string setting, object? value, string expected)
    {
        if (!holds)
            throw new InputException($"{setting} is {Text(value)} in the optimizer group '{Match}'", fix: $"give {expected}");
    }

    private static string Text(object? value) =>
        value is float number ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : value?.ToString() ?? "null";

    private static string Text(float value) => Text((object)value);
}

/// <summary>Settings of a composite optimizer.</summary>
public sealed record OptimizerOptions
{
    /// <summary>The groups; a parameter belongs to the first one that matches it.</summary>
    public IReadOnlyList<OptimizerGroupOptions> Groups { get; init; } = DefaultGroups(tiedHead: false);

    /// <summary>
    /// The recipe that small trials favoured: Muon for hidden matrices, AdamW with rates of their own for embeddings, the
    /// output head and everything else. Embeddings and head are told by their usual names.
    /// </summary>
    /// <param name="tiedHead">True where the embedding is the output head as well: it then learns at the general rate.</param>
    public static OptimizerOptions Default(bool tiedHead = false) => new() { Groups = DefaultGroups(tiedHead) };

    /// <summary>AdamW with one rate and one weight decay for all parameters.</summary>
    public static OptimizerOptions AdamW(float learningRate, float weightDecay = 0, float beta1 = 0.9f, float beta2 = 0.95f) => new()
    {
        Groups = [new() { Kind = OptimizerKind.AdamW, LearningRate = learningRate, WeightDecay = weightDecay, Betas = [beta1, beta2] }],
    };

    private static OptimizerGroupOptions[] DefaultGroups(bool tiedHead)
    {
        OptimizerGroupOptions rest = new() { LearningRate = 0.006f };
        return
        [
            rest with { Match = "*embed*|*wte*|*wpe*", LearningRate = tiedHead ? rest.LearningRate : 0.03f, Betas = [0.9f, 0.98f] },
            rest with { Match = "*lm_head*|*score*|*classifier*", LearningRate = 0.004f },
            new() { Kind = OptimizerKind.Muon, LearningRate = 0.02f, Momentum = 0.95f, WeightDecay = 0.1f },
            rest,
        ];
    }
}
