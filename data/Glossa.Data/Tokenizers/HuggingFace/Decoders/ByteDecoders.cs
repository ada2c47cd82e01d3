using System.Globalization;
using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace.Decoders;

/// <summary>Reads bytes in the visible alphabet; a token with another character stands for its own UTF-8.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        List<byte> bytes = [];
        foreach (string token in tokens) bytes.AddRange(ByteAlphabet.TryRead(token, out byte[]? read) ? read : Encoding.UTF8.GetBytes(token));
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Joins runs of byte pieces such as <c>&lt;0xE2&gt;</c>; a run that is no UTF-8 gives U+FFFD for each of them.</summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        List<string> texts = [];
        List<byte> run = [];
        foreach (string token in tokens)
        {
            if (IsByte(token, out byte value))
            {
                run.Add(value);
                continue;
            }
            Flush(run, texts);
            texts.Add(token);
        }
        Flush(run, texts);
        return texts;
    }

    private static bool IsByte(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static void Flush(List<byte> run, List<string> texts)
    {
        if (run.Count == 0) return;
        byte[] bytes = [.. run];
        run.Clear();
        if (System.Text.Unicode.Utf8.IsValid(bytes)) texts.Add(Strict.GetString(bytes));
        else texts.AddRange(Enumerable.Repeat("\uFFFD", bytes.Length));
    }
}
