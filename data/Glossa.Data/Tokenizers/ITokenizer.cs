namespace Glossa.Data.Tokenizers;

/// <summary>
/// Text to token ids and back. Implementations are immutable and safe to use from several threads.
/// Ids below <see cref="TextVocabularySize"/> are what a model predicts (special tokens, bytes, merges);
/// ids from there to <see cref="VocabularySize"/> are the language tags, which are only ever given.
/// </summary>
public interface ITokenizer
{
    /// <summary>Number of ids, language tags included.</summary>
    int VocabularySize { get; }

    /// <summary>Number of ids that a model may predict.</summary>
    int TextVocabularySize { get; }

    /// <summary>Id of <c>&lt;bos&gt;</c>, given first where there is no language tag; -1 where a third party's tokenizer has none.</summary>
    int BeginId { get; }

    /// <summary>Id of <c>&lt;eos&gt;</c>; -1 where there is none.</summary>
    int EndId { get; }

    /// <summary>Id of <c>&lt;pad&gt;</c>; -1 where there is none.</summary>
    int PadId { get; }

    /// <summary>A hash of all that decides the ids, as 64 hexadecimal digits: equal hashes give equal ids for every text.</summary>
    string ContentHash { get; }

    /// <summary>The tag token of a language, or null where the tokenizer has none for it.</summary>
    int? LanguageTagId(string language);

    /// <summary>Appends the ids of <paramref name="text"/>; special tokens written out in it are not recognised and none are added.</summary>
    void Encode(ReadOnlySpan<char> text, List<int> ids);

    /// <summary>The text of <paramref name="ids"/>; special tokens and tags decode to nothing.</summary>
    string Decode(IReadOnlyList<int> ids);
}
