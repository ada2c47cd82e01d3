using System.Globalization;
using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>Classes of characters as the Rust library and the crates behind it draw them.</summary>
internal static class CodePoints
{
    // The crate behind its categories knows Unicode 8: what came later is neither punctuation nor mark to it.
    private static readonly int[] PunctuationSince9 = Ranges(
        """
        61D 9FD A76 C77 C84 1B4E-1B4F 1B7D-1B7F 2E43-2E4F 2E52-2E5D 10D6E 10EAD 10F55-10F59 10F86-10F89 113D4-113D5 113D7-113D8
        1144B-1144F 1145A-1145B 1145D 11660-1166C 116B9 1183B 11944-11946 119E2 11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11B00-11B09 11BE1
        11C41-11C45 11C70-11C71 11EF7-11EF8 11F43-11F4F 11FFF 12FF1-12FF2 16D6D-16D6F 16E97-16E9A 16FE2 1E5FF 1E95E-1E95F
        """);

    private static readonly int[] MarksSince9 = Ranges(
        """
        7FD 897-89F 8CA-8E1 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA ECE 180F 1ABF-1ACE 1DF6-1DFB A82C A8C5 A8FF 10D24-10D27
        10D69-10D6D 10EAB-10EAC 10EFC-10EFF 10F46-10F50 10F82-10F85 11070 11073-11074 110C2 111CF 1123E 11241 1133B 113BB-113C0 113CE
        113D0 113D2 113E1-113E2 11438-1143F 11442-11444 11446 1145E 1182F-11837 11839-1183A 1193B-1193C 1193E 11943 119D4-119D7
        119DA-119DB 119E0 11A01-11A0A 11A33-11A38 11A3B-11A3E 11A47 11A51-11A56 11A59-11A5B 11A8A-11A96 11A98-11A99 11C30-11C36
        11C38-11C3D 11C3F 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 11CB5-11CB6 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D90-11D91
        11D95 11D97 11EF3-11EF4 11F00-11F01 11F36-11F3A 11F40 11F42 11F5A 13440 13447-13455 1611E-16129 1612D-1612F 16F4F 16FE4
        1CF00-1CF2D 1CF30-1CF46 1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF
        1E4EC-1E4EF 1E5EE-1E5EF 1E944-1E94A
        """);

    private static readonly int[] FormatSince9 = Ranges("890-891 8E2 110CD 13430-1343F");

    // Characters whose script is younger than Unicode 9, which the library's table of scripts knows.
    private static readonly int[] ScriptSince10 = Ranges(
        """
        560 588 5EF 61D 7FD-7FF 860-86A 870-88E 890-891 898-89F 8B5 8BE-8D3 9FC-9FE A76 AFA-AFF B55 C04 C3C C5D C77 C84 CDD D00 D04
        D3B-D3C D81 E86 E89 E8C E8E-E93 E98 EA0 EA8-EA9 EAC EBA 170D 1715 171F 180F 1878 1ABF-1ACE 1B4C 1B7D-1B7E 1C90-1CBA 1CBD-1CBF
        1CF7 1CFA 1DF6-1DFA 20BF-20C0 23FF 2B97 2BBA-2BBC 2BC9 2BD2-2BEB 2BF0-2BFF 2C2F 2C5F 2E45-2E5D 312E-312F 31BB-31BF 32FF
        4DB6-4DBF 9FD6-9FFF A7AF A7B8-A7CA A7D0-A7D1 A7D3 A7D5-A7D9 A7F2-A7F6 A82C A8FE-A8FF AB66-AB6B FBC2 FD40-FD4F FDCF FDFE-FDFF
        1019C 1032D-1032F 10570-1057A 1057C-1058A 1058C-10592 10594-10595 10597-105A1 105A3-105B1 105B3-105B9 105BB-105BC 10780-10785
        10787-107B0 107B2-107BA 10A34-10A35 10A48 10D00-10D27 10D30-10D39 10E80-10EA9 10EAB-10EAD 10EB0-10EB1 10F00-10F27 10F30-10F59
        10F70-10F89 10FB0-10FCB 10FE0-10FF6 11070-11075 110C2 110CD 11144-11147 111CE-111CF 1133B 1145A 1145E-11461 116B8-116B9 1171A
        11740-11746 11800-1183B 11900-11906 11909 1190C-11913 11915-11916 11918-11935 11937-11938 1193B-11946 11950-11959 119A0-119A7
        119AA-119D7 119DA-119E4 11A00-11A47 11A50-11AA2 11AB0-11ABF 11D00-11D06 11D08-11D09 11D0B-11D36 11D3A 11D3C-11D3D 11D3F-11D47
        11D50-11D59 11D60-11D65 11D67-11D68 11D6A-11D8E 11D90-11D91 11D93-11D98 11DA0-11DA9 11EE0-11EF8 11FB0 11FC0-11FF1 11FFF
        12F90-12FF2 13430-13438 16A70-16ABE 16AC0-16AC9 16E40-16E9A 16F45-16F4A 16F4F 16F7F-16F87 16FE1-16FE4 16FF0-16FF1 187ED-187F7
        18AF3-18CD5 18D00-18D08 1AFF0-1AFF3 1AFF5-1AFFB 1AFFD-1AFFE 1B002-1B122 1B150-1B152 1B164-1B167 1B170-1B2FB 1CF00-1CF2D
        1CF30-1CF46 1CF50-1CFC3 1D1E9-1D1EA 1D2E0-1D2F3 1D372-1D378 1DF00-1DF1E 1E100-1E12C 1E130-1E13D 1E140-1E149 1E14E-1E14F
        1E290-1E2AE 1E2C0-1E2F9 1E2FF 1E7E0-1E7E6 1E7E8-1E7EB 1E7ED-1E7EE 1E7F0-1E7FE 1E94B 1EC71-1ECB4 1ED01-1ED3D 1F10D-1F10F 1F12F
        1F16C-1F16F 1F1AD 1F260-1F265 1F6D3-1F6D7 1F6DD-1F6DF 1F6F7-1F6FC 1F7D5-1F7D8 1F7E0-1F7EB 1F7F0 1F8B0-1F8B1 1F900-1F90F 1F91F
        1F928-1F92F 1F931-1F932 1F93F 1F94C-1F94F 1F95F-1F97F 1F992-1F9BF 1F9C1-1FA53 1FA60-1FA6D 1FA70-1FA74 1FA78-1FA7C 1FA80-1FA86
        1FA90-1FAAC 1FAB0-1FABA 1FAC0-1FAC5 1FAD0-1FAD9 1FAE0-1FAE7 1FAF0-1FAF6 1FB00-1FB92 1FB94-1FBCA 1FBF0-1FBF9 2A6D7-2A6DF
        2B735-2B738 2CEB0-2EBE0 30000-3134A
        """);

    /// <summary>Number of code points.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length; i++)
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1])) count--;
        return count;
    }

    /// <summary>Unicode's White_Space.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint <= char.MaxValue && char.IsWhiteSpace((char)codePoint);

    /// <summary>Any number: decimal, letter or other.</summary>
    public static bool IsNumeric(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>ASCII's punctuation and symbols, and Unicode 8's punctuation.</summary>
    public static bool IsPunctuation(int codePoint)
    {
        if (codePoint < 0x80) return codePoint is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~');
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation
            or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation && !IsIn(PunctuationSince9, codePoint);
    }

    /// <summary>A nonspacing mark of Unicode 8.</summary>
    public static bool IsNonspacingMark(int codePoint) =>
        codePoint >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(codePoint) == UnicodeCategory.NonSpacingMark && !IsIn(MarksSince9, codePoint);

    /// <summary>A mark of any kind.</summary>
    public static bool IsMark(int codePoint) => codePoint >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(codePoint)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>A control, format or private-use character of Unicode 8.</summary>
    public static bool IsOther(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        UnicodeCategory.Control or UnicodeCategory.PrivateUse => true,
        UnicodeCategory.Format => !IsIn(FormatSince9, codePoint),
        _ => false,
    };

    /// <summary>What a regular expression's <c>\w</c> holds in Rust: letters, marks, decimal digits, connectors and joiners.</summary>
    public static bool IsWord(int codePoint)
    {
        if (codePoint < 0x80) return char.IsAsciiLetterOrDigit((char)codePoint) || codePoint == '_';
        if (codePoint is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189))
            return true;
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
    }

    /// <summary>Whether Unicode 9 gives the character no script, though Unicode 14 does.</summary>
    public static bool HasNewScript(int codePoint) => IsIn(ScriptSince10, codePoint);

    private static bool IsIn(int[] ranges, int codePoint)
    {
        int at = Array.BinarySearch(ranges, codePoint * 2);
        // Starts are even entries and ends odd ones, so the insertion point tells inside from outside.
        return at >= 0 || (~at & 1) == 1;
    }

    private static int[] Ranges(string text)
    {
        List<int> ranges = [];
        foreach (string range in text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            ranges.Add(int.Parse(ends[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) * 2);
            ranges.Add((int.Parse(ends[^1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) * 2) + 1);
        }
        return [.. ranges];
    }
}
