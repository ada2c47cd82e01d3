using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Glossa.Data.Corpora.Normalization;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>
/// .NET's regular expressions see halves of a surrogate pair, others see a character with its category. So a text is
/// matched with every such character replaced by one of the basic plane that the expression cannot tell from it: of the
/// same category and the same of the scripts that the expression names, and not one that it names itself.
/// </summary>
/// <param name="named">Characters and ranges that the expression names.</param>
/// <param name="scripts">Numbers of the scripts that it names.</param>
internal sealed class AstralProxies(IReadOnlyList<(int Start, int End)> named, IReadOnlyList<int> scripts)
{
    private readonly Dictionary<(UnicodeCategory, int), char> _proxies = [];

    /// <summary>Replaces surrogate pairs.</summary>
    /// <param name="text">The text.</param>
    /// <param name="replaced">The text with one unit for each code point.</param>
    /// <param name="places">Where in the text each unit starts, and the text's length.</param>
    /// <returns>False where the text has no pair.</returns>
    public bool TryReplace(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? replaced, [NotNullWhen(true)] out int[]? places)
    {
        (replaced, places) = (null, null);
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF')) return false;
        char[] units = new char[text.Length];
        List<int> starts = new(text.Length + 1);
        for (int i = 0; i < text.Length;)
        {
            int codePoint = Utf16.CodePointAt(text, i, out int length);
            units[starts.Count] = length == 1 ? text[i] : Proxy(codePoint);
            starts.Add(i);
            i += length;
        }
        replaced = new string(units, 0, starts.Count);
        places = [.. starts, text.Length];
        return true;
    }

    private char Proxy(int codePoint)
    {
        int script = ScriptTable.Instance.ScriptOf(codePoint);
        (UnicodeCategory, int) key = (CharUnicodeInfo.GetUnicodeCategory(codePoint), scripts.Contains(script) ? script : ScriptTable.NoScript);
        lock (_proxies)
        {
            if (!_proxies.TryGetValue(key, out char proxy)) _proxies.Add(key, proxy = Find(key.Item1, key.Item2));
            return proxy;
        }
    }

    private char Find(UnicodeCategory category, int script)
    {
        for (int c = 0xFFFF; c > 0x80; c--)
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) != category || named.Any(range => range.Start <= c && c <= range.End)) continue;
            int own = ScriptTable.Instance.ScriptOf(c);
            if (script == (scripts.Contains(own) ? own : ScriptTable.NoScript)) return (char)c;
        }
        // Every character of the category is named: U+FFFD stands for none of them.
        return '\uFFFD';
    }
}
