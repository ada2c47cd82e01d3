namespace Glossa.Models.Optimization;

/// <summary>A rewriting of a forward graph that computes the same function.</summary>
/// <param name="Name">What <c>glossa optimize --passes</c> calls it.</param>
/// <param name="Description">What it writes, in one line.</param>
/// <param name="Needs">Names of the passes whose results it recognises its pattern in; they run before it, also where it is asked for alone.</param>
/// <param name="Apply">Rewrites the graph and gives the number of places that it changed.</param>
internal sealed record OptimizationPass(string Name, string Description, IReadOnlyList<string> Needs, Func<OptimizationContext, int> Apply)
{
    /// <summary>
    /// Whether it runs again, together with its neighbours that do, as long as one of them finds something: what is known of a layer's shapes may hang on the operator
    /// that the layer before was written as.
    /// </summary>
    public bool Repeats { get; init; }

    /// <summary>Whether it runs only where it is named: what it writes is slower on some machines.</summary>
    public bool IsOptional { get; init; }
}

/// <summary>What a pass has been asked for and how often it found its pattern.</summary>
/// <param name="Name">Name of the pass.</param>
/// <param name="Rewritten">Places that it rewrote.</param>
/// <param name="NodesAfter">Nodes of the graph after it.</param>
public sealed record PassCount(string Name, int Rewritten, int NodesAfter);
