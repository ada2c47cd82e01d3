using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// The 256 visible characters by which byte-level tokenizers write bytes in their files (GPT-2's table): printable
/// Latin-1 characters stand for themselves, the others for the characters from U+0100 on, in order.
/// </summary>
public static class ByteAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly short[] Bytes = Invert(Characters);

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>Bytes written in the alphabet's characters.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        foreach (byte b in bytes) text.Append(Characters[b]);
        return text.ToString();
    }

    /// <summary>The bytes that <paramref name="text"/> stands for; false where a character is none of the 256.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            int value = text[i] < Bytes.Length ? Bytes[text[i]] : -1;
            if (value < 0)
            {
                bytes = null;
                return false;
            }
            bytes[i] = (byte)value;
        }
        return true;
    }

    private static char[] Build()
    {
        char[] characters = new char[256];
        int others = 0;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            characters[b] = printable ? (char)b : (char)(256 + others++);
        }
        return characters;
    }

    private static short[] Invert(char[] characters)
    {
        short[] bytes = new short[characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++) bytes[characters[b]] = (short)b;
        return bytes;
    }
}
