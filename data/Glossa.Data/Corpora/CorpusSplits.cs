namespace Glossa.Data.Corpora;

/// <summary>The names of the splits in files.</summary>
internal static class CorpusSplits
{
    public const int Count = 3;

    /// <summary>Every split, in the order of the store.</summary>
    public static IReadOnlyList<CorpusSplit> All { get; } = [CorpusSplit.Train, CorpusSplit.Valid, CorpusSplit.Test];

    /// <summary>Reads a name, letter case and spaces around it ignored.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out CorpusSplit split)
    {
        name = name.Trim(" \t"u8);
        Span<byte> lower = stackalloc byte[16];
        split = CorpusSplit.Train;
        if (name.Length > lower.Length) return false;
        System.Text.Ascii.ToLower(name, lower, out int length);
        ReadOnlySpan<byte> written = lower[..length];
        if (written.SequenceEqual("train"u8)) return true;
        if (written.SequenceEqual("valid"u8) || written.SequenceEqual("validation"u8) || written.SequenceEqual("dev"u8))
        {
            split = CorpusSplit.Valid;
            return true;
        }
        split = CorpusSplit.Test;
        return written.SequenceEqual("test"u8);
    }
}
