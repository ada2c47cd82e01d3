namespace Glossa.Pipeline.Configuration;

/// <summary>The numbers that a setting may have; a list's or map's numbers one by one.</summary>
/// <param name="least">Smallest number allowed.</param>
/// <param name="most">Largest number allowed.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InRangeAttribute(double least, double most) : Attribute
{
    /// <summary>Smallest number allowed.</summary>
    public double Least { get; } = least;

    /// <summary>Largest number allowed.</summary>
    public double Most { get; } = most;
}

/// <summary>The words that a text setting may have; a list's texts or a map's keys one by one.</summary>
/// <param name="words">The words.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OneOfAttribute(params string[] words) : Attribute
{
    /// <summary>The words.</summary>
    public IReadOnlyList<string> Words { get; } = words;
}

/// <summary>How a setting's word is spelled in a configuration, where it is not the name in kebab case.</summary>
/// <param name="word">The spelling.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class SpelledAttribute(string word) : Attribute
{
    /// <summary>The spelling.</summary>
    public string Word { get; } = word;
}
