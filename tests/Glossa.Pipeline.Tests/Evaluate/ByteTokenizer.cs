using System.Text;
using Glossa.Data.Tokenizers;

namespace Glossa.Pipeline.Tests.Evaluate;

/// <summary>UTF-8 bytes as ids, then begin, end and pad, then one tag for the language <c>aa</c>.</summary>
internal sealed class ByteTokenizer : ITokenizer
{
    public int VocabularySize => 260;

    public int TextVocabularySize => 259;

    public int BeginId => 256;

    public int EndId => 257;

    public int PadId => 258;

    public string ContentHash => new('0', 64);

    public int? LanguageTagId(string language) => language == "aa" ? 259 : null;

    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        foreach (byte b in Encoding.UTF8.GetBytes(text.ToArray())) ids.Add(b);
    }

    public string Decode(IReadOnlyList<int> ids) => Encoding.UTF8.GetString([.. ids.Where(i => i < 256).Select(i => (byte)i)]);
}
