namespace Glossa.Models.Building;

/// <summary>A named value of a graph: what a node makes, a graph input, or an initializer.</summary>
/// <param name="Name">Its name in the graph; empty for an omitted optional input.</param>
public readonly record struct Value(string Name)
{
    /// <summary>An optional input left out.</summary>
    public static readonly Value None = new("");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
