namespace Glossa.Models.Import;

/// <summary>How a forward graph is read.</summary>
public sealed record ImportOptions
{
    /// <summary>Patterns over initializers' names (<c>*</c> stands for any text) that are trained even where the rule would leave them constant.</summary>
    public IReadOnlyList<string> Train { get; init; } = [];

    /// <summary>Patterns over initializers' names that stay as they are.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];
}
