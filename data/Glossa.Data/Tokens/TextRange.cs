namespace Glossa.Data.Tokens;

/// <summary>Texts that stand one after the other in a token file.</summary>
/// <param name="First">The first one's number.</param>
/// <param name="Count">How many they are.</param>
public readonly record struct TextRange(int First, int Count)
{
    /// <summary>The number after the last one's.</summary>
    public int End => First + Count;
}
