namespace Glossa.Models.Optimization.Attention;

/// <summary>A softmax attention, softmax(scale query key' + bias) value, as it stands in a graph.</summary>
/// <param name="Query">Queries, [batch, heads, sequence, head size].</param>
/// <param name="Key">Keys, [batch, heads, total, head size].</param>
/// <param name="Value">Values, [batch, heads, total, value size].</param>
/// <param name="Biases">What is added to the scores, each of a shape that broadcasts to [batch, heads, sequence, total].</param>
/// <param name="Scale">Factor of the products.</param>
/// <param name="Guarded">Whether a row that sees no key, whose softmax is not a number, gives zeros.</param>
/// <param name="Result">The value that the block makes.</param>
/// <param name="IsJoined">Whether that is [batch, sequence, heads * value size]; else it is [batch, heads, sequence, value size].</param>
/// <param name="Heads">Number of heads.</param>
/// <param name="HeadSize">Columns of a query and a key.</param>
/// <param name="ValueSize">Columns of a value.</param>
internal sealed record AttentionBlock(
    string Query, string Key, string Value, IReadOnlyList<string> Biases, double Scale, bool Guarded, string Result, bool IsJoined, long Heads, long HeadSize, long ValueSize);
