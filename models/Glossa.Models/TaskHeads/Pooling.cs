namespace Glossa.Models.TaskHeads;

/// <summary>How the states of a text's tokens become one vector.</summary>
public enum Pooling
{
    /// <summary>Their mean over the positions whose mask is 1.</summary>
    Mean,

    /// <summary>The first token's state (<c>[CLS]</c>, <c>&lt;s&gt;</c>).</summary>
    First,
}
