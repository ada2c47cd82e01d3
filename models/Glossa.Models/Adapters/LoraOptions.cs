namespace Glossa.Models.Adapters;

/// <summary>Low-rank adapters (Hu and others, "LoRA: Low-Rank Adaptation of Large Language Models", 2021).</summary>
public sealed record LoraOptions
{
    /// <summary>Rank of the change.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The change is multiplied by this over the rank.</summary>
    public float Alpha { get; init; } = 16;

    /// <summary>Pattern over the names of weights and of the nodes that read them; the default takes every linear layer.</summary>
    public string Targets { get; init; } = "*";

    /// <summary>Whether tables that are only looked up in, embeddings of tokens and positions, are adapted as well.</summary>
    public bool Embeddings { get; init; }

    /// <summary>Parameters that are trained whole beside the adapters, and so get none: a new head.</summary>
    public IReadOnlySet<string> Whole { get; init; } = new HashSet<string>();

    /// <summary>Seed of the start values.</summary>
    public ulong Seed { get; init; }

    /// <summary>What the product of the two factors is multiplied by.</summary>
    public float Scale => Alpha / Rank;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="InputException">A setting is out of range.</exception>
    public void Validate()
    {
        if (Rank < 1) throw new InputException($"a LoRA rank of {Rank} adapts nothing", fix: "give a rank of 1 or more, such as 8");
        if (!(float.IsFinite(Alpha) && Alpha > 0)) throw new InputException(FormattableString.Invariant($"a LoRA alpha of {Alpha} adapts nothing"), fix: "give a number above 0, such as 16");
    }
}
