using System.Buffers;
using System.Numerics;
using System.Text;

namespace Glossa.Data.Baselines;

/// <summary>
/// What needs no model: how well raw LZMA2 at preset 9 extreme (as <c>xz --format=raw --lzma2=preset=9e</c>) compresses a
/// language's test texts once it has seen the training texts.
/// </summary>
public static class Lzma2Baseline
{
    private const int MostBytes = 1 << 30;

    /// <summary>
    /// 8 * (size(train + test) - size(train)) / bytes(test), each text followed by a newline. The newlines are compressed
    /// and not counted among the test's bytes. Safe for several threads at once.
    /// </summary>
    /// <param name="train">Training texts of one language.</param>
    /// <param name="test">Test texts of the same language.</param>
    /// <returns>Bits per UTF-8 byte of the test texts; null where these hold no byte.</returns>
    /// <exception cref="InputException">The texts hold more than 1 GiB.</exception>
    /// <exception cref="WorkException">liblzma is missing or short of memory.</exception>
    public static double? BitsPerByte(IEnumerable<string> train, IEnumerable<string> test)
    {
        ArrayBufferWriter<byte> text = new(1 << 14);
        Append(text, train);
        int trainLength = text.WrittenCount;
        long testBytes = Append(text, test);
        if (testBytes == 0) return null;

        int dictionary = DictionaryBytes(text.WrittenCount);
        byte[] output = ArrayPool<byte>.Shared.Rent(NativeLzma.Bound(text.WrittenCount));
        try
        {
            int both = NativeLzma.Encode(text.WrittenSpan, output, dictionary);
            int alone = NativeLzma.Encode(text.WrittenSpan[..trainLength], output, dictionary);
            return 8.0 * (both - alone) / testBytes;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    /// <summary>
    /// The dictionary for an input: the preset's 64 MiB, or the least power of two that holds all of it, which finds the
    /// same matches and spares the encoder's tables (about eleven times the dictionary) and the time to clear them.
    /// </summary>
    internal static int DictionaryBytes(int inputLength) => (int)Math.Clamp(
        BitOperations.RoundUpToPowerOf2((uint)inputLength), NativeLzma.LeastDictionaryBytes, NativeLzma.PresetDictionaryBytes);

    /// <summary>Size in bytes of the raw LZMA2 stream of <paramref name="input"/>, end marker included.</summary>
    internal static int CompressedSize(ReadOnlySpan<byte> input, int dictionaryBytes)
    {
        byte[] output = ArrayPool<byte>.Shared.Rent(NativeLzma.Bound(input.Length));
        try
        {
            return NativeLzma.Encode(input, output, dictionaryBytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    private static long Append(ArrayBufferWriter<byte> text, IEnumerable<string> texts)
    {
        long bytes = 0;
        foreach (string item in texts)
        {
            if (text.WrittenCount + 3L * item.Length >= MostBytes)
                throw new InputException("the texts of a language are too long for the LZMA2 baseline (more than 1 GiB)",
                    fix: "turn it off (evaluation.baseline: false), or set a budget (corpus.trainBytesPerLanguage)");
            bytes += Encoding.UTF8.GetBytes(item, text);
            text.GetSpan(1)[0] = (byte)'\n';
            text.Advance(1);
        }
        return bytes;
    }
}
