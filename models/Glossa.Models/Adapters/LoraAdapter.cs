namespace Glossa.Models.Adapters;

/// <summary>The adapter of one weight W [rows, columns]: W + scale x Left x Right.</summary>
/// <param name="Weight">The weight's initializer.</param>
/// <param name="Rows">Rows of the weight as it is stored.</param>
/// <param name="Columns">Columns of the weight as it is stored.</param>
/// <param name="Left">Initializer [rows, rank].</param>
/// <param name="Right">Initializer [rank, columns].</param>
/// <param name="Rank">The rank.</param>
/// <param name="Scale">What the product is multiplied by.</param>
public sealed record LoraAdapter(string Weight, int Rows, int Columns, string Left, string Right, int Rank, float Scale)
{
    /// <summary>Adds the adapter's change to a weight.</summary>
    /// <param name="weight">[rows, columns], changed in place.</param>
    /// <param name="left">[rows, rank].</param>
    /// <param name="right">[rank, columns].</param>
    public void AddTo(Span<float> weight, ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (weight.Length != (long)Rows * Columns || left.Length != (long)Rows * Rank || right.Length != (long)Rank * Columns)
            throw new ArgumentException($"the adapter of '{Weight}' has {left.Length} and {right.Length} elements, the weight {weight.Length}");
        float[] change = new float[Columns];
        for (int row = 0; row < Rows; row++)
        {
            change.AsSpan().Clear();
            for (int i = 0; i < Rank; i++)
            {
                float factor = left[(row * Rank) + i];
                ReadOnlySpan<float> source = right.Slice(i * Columns, Columns);
                for (int column = 0; column < change.Length; column++) change[column] += factor * source[column];
            }
            Span<float> target = weight.Slice(row * Columns, Columns);
            for (int column = 0; column < target.Length; column++) target[column] += Scale * change[column];
        }
    }
}
