using System.Globalization;

namespace Glossa.Data.Languages;

/// <summary>
/// Which code points are letters or marks of which script (ISO 15924), after the block charts of the Unicode standard.
/// Characters that scripts share (digits, punctuation, marks such as U+0301) are in no range.
/// </summary>
internal static class ScriptRanges
{
    private const string Table = """
        41-5A Latn;61-7A Latn;AA-AA Latn;BA-BA Latn;C0-D6 Latn;D8-F6 Latn;F8-2B8 Latn;370-373 Grek;376-377 Grek;
        37A-37D Grek;37F-37F Grek;386-386 Grek;388-3E1 Grek;3E2-3EF Copt;3F0-3FF Grek;400-52F Cyrl;531-58F Armn;
        591-5F4 Hebr;600-604 Arab;606-60B Arab;60D-61A Arab;61C-61E Arab;620-63F Arab;641-64A Arab;656-66F Arab;
        671-6DC Arab;6DE-6FF Arab;700-74F Syrc;750-77F Arab;780-7B1 Thaa;7C0-7FF Nkoo;800-83E Samr;840-85E Mand;
        860-86A Syrc;870-8E1 Arab;8E3-8FF Arab;900-950 Deva;955-963 Deva;966-97F Deva;980-9FE Beng;A01-A76 Guru;
        A81-AFF Gujr;B01-B77 Orya;B82-BFA Taml;C00-C7F Telu;C80-CF3 Knda;D00-D7F Mlym;D81-DF4 Sinh;E01-E3A Thai;
        E40-E5B Thai;E81-EDF Laoo;F00-FD4 Tibt;FD9-FDA Tibt;1000-109F Mymr;10A0-10FA Geor;10FC-10FF Geor;
        1100-11FF Hang;1200-139F Ethi;13A0-13FD Cher;1400-167F Cans;1680-169C Ogam;16A0-16EA Runr;16EE-16F8 Runr;
        1700-171F Tglg;1720-1734 Hano;1740-1753 Buhd;1760-1773 Tagb;1780-17F9 Khmr;1800-1801 Mong;1804-1804 Mong;
        1806-18AA Mong;18B0-18F5 Cans;1900-194F Limb;1950-1974 Tale;1980-19DF Talu;19E0-19FF Khmr;1A00-1A1F Bugi;
        1A20-1AAD Lana;1B00-1B7F Bali;1B80-1BBF Sund;1BC0-1BF3 Batk;1BFC-1BFF Batk;1C00-1C4F Lepc;1C50-1C7F Olck;
        1C80-1C8A Cyrl;1C90-1CBF Geor;1CC0-1CC7 Sund;1D00-1D25 Latn;1D26-1D2A Grek;1D2B-1D2B Cyrl;1D2C-1D5C Latn;
        1D62-1D65 Latn;1D6B-1D77 Latn;1D79-1DBE Latn;1E00-1EFF Latn;1F00-1FFE Grek;2071-2071 Latn;207F-207F Latn;
        2090-209C Latn;2C00-2C5F Glag;2C60-2C7F Latn;2C80-2CFF Copt;2D00-2D2D Geor;2D30-2D7F Tfng;2D80-2DDE Ethi;
        2DE0-2DFF Cyrl;2E80-2FD5 Hani;3005-3005 Hani;3007-3007 Hani;3021-3029 Hani;3041-3096 Hira;309D-309F Hira;
        30A1-30FA Kana;30FD-30FF Kana;3105-312F Bopo;3131-318E Hang;31A0-31BF Bopo;31F0-31FF Kana;3400-4DBF Hani;
        4E00-9FFF Hani;A000-A4C6 Yiii;A4D0-A4FF Lisu;A500-A62B Vaii;A640-A69F Cyrl;A6A0-A6F7 Bamu;A722-A787 Latn;
        A78B-A7FF Latn;A800-A82C Sylo;A840-A877 Phag;A880-A8D9 Saur;A8E0-A8FF Deva;A900-A92D Kali;A930-A95F Rjng;
        A960-A97C Hang;A980-A9CD Java;A9D0-A9DF Java;A9E0-A9FE Mymr;AA00-AA5F Cham;AA60-AA7F Mymr;AA80-AADF Tavt;
        AAE0-AAF6 Mtei;AB01-AB2E Ethi;AB30-AB5A Latn;AB5C-AB64 Latn;AB70-ABBF Cher;ABC0-ABF9 Mtei;AC00-D7FB Hang;
        F900-FAD9 Hani;FB00-FB06 Latn;FB13-FB17 Armn;FB1D-FB4F Hebr;FB50-FD3D Arab;FD50-FDFF Arab;FE70-FEFC Arab;
        FF21-FF3A Latn;FF41-FF5A Latn;FF66-FF6F Kana;FF71-FF9D Kana;FFA0-FFDC Hang;10330-1034A Goth;
        10400-1044F Dsrt;10450-1047F Shaw;10480-104A9 Osma;104B0-104FB Osge;10500-10527 Elba;10530-10563 Aghb;
        10570-105BC Vith;10A00-10A58 Khar;10C80-10CFF Hung;10D00-10D39 Rohg;11000-11075 Brah;11080-110CD Kthi;
        110D0-110F9 Sora;11100-11147 Cakm;11150-11176 Mahj;11180-111DF Shrd;11200-11241 Khoj;112B0-112F9 Sind;
        11300-11374 Gran;11380-113E2 Tutg;11400-11461 Newa;11480-114D9 Tirh;11580-115DD Sidd;11600-11659 Modi;
        11680-116C9 Takr;11700-11746 Ahom;11800-1183B Dogr;118A0-118FF Wara;119A0-119E4 Nand;11AC0-11AF8 Pauc;
        11C00-11C6C Bhks;11C70-11CB6 Marc;11D00-11D59 Gonm;11D60-11DA9 Gong;16A40-16A6F Mroo;16A70-16AC9 Tnsa;
        16AD0-16AF5 Bass;16B00-16B8F Hmng;16F00-16F9F Plrd;1B000-1B000 Kana;1B001-1B11F Hira;1B164-1B167 Kana;
        1E100-1E14F Hmnp;1E290-1E2AE Toto;1E2C0-1E2FF Wcho;1E4D0-1E4F9 Nagm;1E7E0-1E7FE Ethi;1E800-1E8D6 Mend;
        1E900-1E95F Adlm;20000-323AF Hani
        """;

    private static readonly int[] Starts;
    private static readonly int[] Ends;
    private static readonly byte[] Scripts;

    /// <summary>The script codes, in ordinal order.</summary>
    public static readonly string[] Codes;

    static ScriptRanges()
    {
        string[] rows = Table.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Codes = [.. rows.Select(row => row[^4..]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Starts = new int[rows.Length];
        Ends = new int[rows.Length];
        Scripts = new byte[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            string[] bounds = rows[i][..^5].Split('-');
            Starts[i] = int.Parse(bounds[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Ends[i] = int.Parse(bounds[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Scripts[i] = (byte)Array.IndexOf(Codes, rows[i][^4..]);
        }
    }

    /// <summary>Index into <see cref="Codes"/> of a code point's script, or -1.</summary>
    public static int Find(int codePoint)
    {
        int at = Array.BinarySearch(Starts, codePoint);
        if (at < 0) at = ~at - 1;
        return at >= 0 && codePoint <= Ends[at] ? Scripts[at] : -1;
    }
}
