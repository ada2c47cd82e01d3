using System.Runtime.InteropServices;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>The tokens of byte-level BPE: special tokens, the 256 bytes, and what is merged from them.</summary>
internal sealed class ByteTokens : IMergeTokens
{
    private readonly Dictionary<string, int> _byContent = new(StringComparer.Ordinal);

    /// <summary>The bytes of each token by id; null for special tokens.</summary>
    public List<byte[]?> Tokens { get; } = [.. SpecialTokens.All.Select(_ => (byte[]?)null), .. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })];

    /// <inheritdoc/>
    public int Count => Tokens.Count;

    /// <inheritdoc/>
    public int SymbolCount(ReadOnlySpan<char> word) => Encoding.UTF8.GetByteCount(word);

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<char> word, Span<int> symbols)
    {
        // The bytes lie at the end of the same memory, so that no id overwrites a byte that is still to be read.
        int count = Encoding.UTF8.GetByteCount(word);
        Span<byte> bytes = MemoryMarshal.AsBytes(symbols[..count])[(count * (sizeof(int) - 1))..];
        Encoding.UTF8.GetBytes(word, bytes);
        for (int i = 0; i < count; i++) symbols[i] = BpeModel.FirstByteId + bytes[i];
        return count;
    }

    /// <inheritdoc/>
    public int LengthOf(int id) => Tokens[id]!.Length;

    /// <inheritdoc/>
    public int Join(int left, int right)
    {
        byte[] bytes = [.. Tokens[left]!, .. Tokens[right]!];
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_byContent, ByteAlphabet.Write(bytes), out bool known);
        if (known) return id;
        id = Tokens.Count;
        Tokens.Add(bytes);
        return id;
    }
}
