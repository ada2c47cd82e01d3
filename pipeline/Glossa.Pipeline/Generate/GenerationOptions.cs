namespace Glossa.Pipeline.Generate;

/// <summary>How the next token is chosen.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens to generate.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>0 takes the likeliest token every time (greedy); 1 samples from the model's own distribution.</summary>
    public double Temperature { get; init; }

    /// <summary>Sample among this many likeliest tokens; 0 means all.</summary>
    public int TopK { get; init; }

    /// <summary>Sample among the likeliest tokens that together have this probability; 1 means all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The same seed gives the same text.</summary>
    public ulong Seed { get; init; }

    /// <summary>False computes the whole sequence anew for every token: slow, to check the cache against.</summary>
    public bool UseCache { get; init; } = true;

    /// <summary>Checks that the numbers make sense.</summary>
    /// <exception cref="InputException">One does not; the message names it.</exception>
    public void Validate()
    {
        Require(MaxTokens > 0, "max tokens", MaxTokens, "a positive number");
        Require(Temperature >= 0 && double.IsFinite(Temperature), "temperature", Temperature, "0 (greedy) or more");
        Require(TopK >= 0, "top-k", TopK, "0 (all) or more");
        Require(TopP is > 0 and <= 1, "top-p", TopP, "a number above 0, at most 1");
    }

    private static void Require(bool holds, string name, IFormattable value, string expected)
    {
        if (!holds)
            throw new InputException($"{name} is {value.ToString(null, System.Globalization.CultureInfo.InvariantCulture)}, expected {expected}");
    }
}
