using System.Globalization;
using System.Text;
using CsCheck;

namespace Glossa.Data.Tests.Tokenizers;

/// <summary>Random text over all planes, dense in what word patterns look at.</summary>
internal static class UnicodeText
{
    private static readonly int[] Telling =
    [
        ' ', ' ', '\'', '\'', '\u2019', 's', 't', 'r', 'e', 'v', 'l', 'm', 'd', '\n', '\r', '\t', 0x85, 0xA0, 0x3000, 0x2028, 0xFEFF, 0x200B, 0x200C, 0x200D,
        'A', '7', '.', '-', 0x301, 0x93E, 0x94D, 0x915, 0x20DD, 0xB2, 0x2160, 0x4E00, 0xAC00, 0x1F468, 0x1F3FD, 0x10400, 0x1D7D8, 0x1D165, 0x11046, 0xE0100, 0x10FFFD,
    ];

    private static readonly Gen<int> CodePoint = Gen.Frequency(
        (6, Gen.Int[0, Telling.Length - 1].Select(i => Telling[i])),
        (1, Gen.Int[0, 0x2FFF]),
        (1, Gen.Int[0x10000, 0x1FFFF]),
        (1, Gen.Int[0, 0x10FFFF]));

    /// <summary>Valid Unicode text.</summary>
    public static Gen<string> Valid { get; } = CodePoint.Where(Rune.IsValid).Array[0, 40].Select(points => string.Concat(points.Select(char.ConvertFromUtf32)));

    /// <summary>Any sequence of UTF-16 units, lone surrogates included.</summary>
    public static Gen<string> Any { get; } = CodePoint.Array[0, 40].Select(points =>
        string.Concat(points.Select(point => Rune.IsValid(point) ? char.ConvertFromUtf32(point) : ((char)point).ToString())));

    /// <summary>
    /// The text with each code point above the basic plane replaced by one below of the same kind, and where each of the
    /// result's characters stood: .NET's regular expressions see halves of pairs, other engines' see code points.
    /// </summary>
    public static (string Text, int[] Positions) InBasicPlane(string text)
    {
        StringBuilder plain = new();
        List<int> positions = [];
        for (int at = 0; at < text.Length;)
        {
            positions.Add(at);
            Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int length);
            plain.Append(rune.IsBmp ? (char)rune.Value : CharUnicodeInfo.GetUnicodeCategory(rune.Value) switch
            {
                <= UnicodeCategory.OtherLetter => 'x',
                <= UnicodeCategory.EnclosingMark => '\u0301',
                <= UnicodeCategory.OtherNumber => '5',
                _ => '#',
            });
            at += length;
        }
        positions.Add(text.Length);
        return (plain.ToString(), [.. positions]);
    }
}
