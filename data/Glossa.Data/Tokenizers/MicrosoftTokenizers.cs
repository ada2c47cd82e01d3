using Microsoft.ML.Tokenizers;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// The same model as a tokenizer of Microsoft.ML.Tokenizers, for .NET programs that already speak to that library. Its
/// ids are the same for text without lone surrogates; it is slower (docs/tokenizers.md), so Glossa encodes by itself.
/// </summary>
public static class MicrosoftTokenizers
{
    /// <summary>Makes a <see cref="BpeTokenizer"/> of a model; special tokens in text are not recognised.</summary>
    public static BpeTokenizer Create(BpeModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, int> vocabulary = model.AddedTokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        for (int id = 0; id < model.VocabularySize; id++)
            if (model.HasBytes(id)) vocabulary.Add(ByteAlphabet.Write(model.TokenBytes(id)), id);
        return BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = [.. model.Merges.Select(merge => ByteAlphabet.Write(model.TokenBytes(merge.Left)) + " " + ByteAlphabet.Write(model.TokenBytes(merge.Right)))],
            ByteLevel = true,
            PreTokenizer = new WordSplitter(model.Pattern),
        });
    }

    private sealed class WordSplitter(WordPattern pattern) : PreTokenizer
    {
        public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => Split(text);

        public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Split(text);

        private List<(int Offset, int Length)> Split(ReadOnlySpan<char> text)
        {
            List<(int Offset, int Length)> words = [];
            for (int start = 0; start < text.Length;)
            {
                int end = pattern.WordEnd(text, start);
                words.Add((start, end - start));
                start = end;
            }
            return words;
        }
    }
}
