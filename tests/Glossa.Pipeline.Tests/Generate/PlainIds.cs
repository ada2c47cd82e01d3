using Glossa.Data.Tokenizers;

namespace Glossa.Pipeline.Tests.Generate;

/// <summary>Ids without meaning, of which the first alone is special.</summary>
internal sealed class PlainIds(int vocabulary) : ITokenizer
{
    public int VocabularySize => vocabulary;

    public int TextVocabularySize => vocabulary;

    public int BeginId { get; init; }

    public int EndId { get; init; }

    public int PadId => BeginId;

    public string ContentHash => new('0', 64);

    public int? LanguageTagId(string language) => null;

    public void Encode(ReadOnlySpan<char> text, List<int> ids) => throw new NotSupportedException();

    public string Decode(IReadOnlyList<int> ids) => throw new NotSupportedException();
}
