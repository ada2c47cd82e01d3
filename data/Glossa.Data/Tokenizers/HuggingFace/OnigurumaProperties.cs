using System.Globalization;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>The named sets of Oniguruma as members of a class of .NET. Characters beyond U+FFFF are matched by their category.</summary>
internal static class OnigurumaProperties
{
    /// <summary>What <c>\w</c> holds.</summary>
    public const string Word = @"\p{L}\p{M}\p{Nl}\p{Nd}\p{Pc}\u00B2\u00B3\u00B9\u00BC-\u00BE\u24B6-\u24E9";

    // The marks that Unicode counts as alphabetic: vowel signs mostly.
    private const string AlphabeticMarks =
        """
        345 363-36F 5B0-5BD 5BF 5C1-5C2 5C4-5C5 5C7 610-61A 64B-657 659-65F 670 6D6-6DC 6E1-6E4 6E7-6E8 6ED 711 730-73F 7A6-7B0
        816-817 81B-823 825-827 829-82C 897 8D4-8DF 8E3-8E9 8F0-903 93A-93B 93E-94C 94E-94F 955-957 962-963 981-983 9BE-9C4
        9C7-9C8 9CB-9CC 9D7 9E2-9E3 A01-A03 A3E-A42 A47-A48 A4B-A4C A51 A70-A71 A75 A81-A83 ABE-AC5 AC7-AC9 ACB-ACC AE2-AE3
        AFA-AFC B01-B03 B3E-B44 B47-B48 B4B-B4C B56-B57 B62-B63 B82 BBE-BC2 BC6-BC8 BCA-BCC BD7 C00-C04 C3E-C44 C46-C48 C4A-C4C
        C55-C56 C62-C63 C81-C83 CBE-CC4 CC6-CC8 CCA-CCC CD5-CD6 CE2-CE3 CF3 D00-D03 D3E-D44 D46-D48 D4A-D4C D57 D62-D63 D81-D83
        DCF-DD4 DD6 DD8-DDF DF2-DF3 E31 E34-E3A E4D EB1 EB4-EB9 EBB-EBC ECD F71-F83 F8D-F97 F99-FBC 102B-1036 1038 103B-103E
        1056-1059 105E-1060 1062-1064 1067-106D 1071-1074 1082-108D 108F 109A-109D 1712-1713 1732-1733 1752-1753 1772-1773
        17B6-17C8 1885-1886 18A9 1920-192B 1930-1938 1A17-1A1B 1A55-1A5E 1A61-1A74 1ABF-1AC0 1ACC-1ACE 1B00-1B04 1B35-1B43
        1B80-1B82 1BA1-1BA9 1BAC-1BAD 1BE7-1BF1 1C24-1C36 1DD3-1DF4 2DE0-2DFF A674-A67B A69E-A69F A802 A80B A823-A827 A880-A881
        A8B4-A8C3 A8C5 A8FF A926-A92A A947-A952 A980-A983 A9B4-A9BF A9E5 AA29-AA36 AA43 AA4C-AA4D AA7B-AA7D AAB0 AAB2-AAB4
        AAB7-AAB8 AABE AAEB-AAEF AAF5 ABE3-ABEA FB1E
        """;

    private static readonly string Alphabetic = @"\p{L}\p{Nl}\u24B6-\u24E9" + Members(AlphabeticMarks);

    private static readonly Dictionary<string, string> Categories = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Letter"] = @"\p{L}",
        ["Mark"] = @"\p{M}",
        ["Number"] = @"\p{N}",
        ["Punctuation"] = @"\p{P}",
        ["Symbol"] = @"\p{S}",
        ["Separator"] = @"\p{Z}",
        ["Other"] = @"\p{C}",
        ["Uppercase_Letter"] = @"\p{Lu}",
        ["Lowercase_Letter"] = @"\p{Ll}",
        ["Titlecase_Letter"] = @"\p{Lt}",
        ["Modifier_Letter"] = @"\p{Lm}",
        ["Other_Letter"] = @"\p{Lo}",
        ["Nonspacing_Mark"] = @"\p{Mn}",
        ["Spacing_Mark"] = @"\p{Mc}",
        ["Enclosing_Mark"] = @"\p{Me}",
        ["Decimal_Number"] = @"\p{Nd}",
        ["Letter_Number"] = @"\p{Nl}",
        ["Other_Number"] = @"\p{No}",
        ["Digit"] = @"\d",
        ["Space"] = @"\s",
        ["White_Space"] = @"\s",
        ["Word"] = Word,
        ["Alpha"] = Alphabetic,
        ["Alnum"] = Alphabetic + @"\p{Nd}",
        ["Cntrl"] = @"\p{Cc}",
        ["Punct"] = @"\p{P}",
        ["XDigit"] = "0-9A-Fa-f",
        ["Upper"] = @"\p{Lu}\u2160-\u216F\u24B6-\u24CF",
        ["Lower"] = @"\p{Ll}\u00AA\u00BA\u02B0-\u02B8\u02C0\u02C1\u02E0-\u02E4\u0345\u037A\u10FC\u1D2C-\u1D6A\u1D78\u1D9B-\u1DBF\u2071\u207F\u2090-\u209C\u2170-\u217F"
            + @"\u24D0-\u24E9\u2C7C\u2C7D\uA69C\uA69D\uA770\uA7F2-\uA7F4\uA7F8\uA7F9\uAB5C-\uAB5F\uAB69",
        ["ASCII"] = @"\x00-\x7F",
        ["Blank"] = @"\t\p{Zs}",
    };

    /// <summary>The set of a property's name, or null.</summary>
    public static string? Named(string name) => Categories.GetValueOrDefault(name);

    /// <summary>The set of a POSIX class that is another than the property of the same name, or null.</summary>
    public static string? Posix(string name) => name == "punct" ? @"\p{P}\p{S}" : null;

    private static string Members(string ranges) => string.Concat(ranges.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .Select(range => string.Join('-', range.Split('-').Select(end => "\\u" + int.Parse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ToString("X4", CultureInfo.InvariantCulture)))));
}
