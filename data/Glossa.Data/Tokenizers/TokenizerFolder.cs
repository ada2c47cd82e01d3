using Glossa.Data.Tokenizers.HuggingFace;

namespace Glossa.Data.Tokenizers;

/// <summary>Opens a trained tokenizer of any kind by what its tokenizer.json says.</summary>
public static class TokenizerFolder
{
    /// <summary>Reads a tokenizer.json, or the one in a folder: a BPE through <see cref="TokenizerFile"/>, other kinds through <see cref="TextTokenizer"/>.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or asks for what is not supported.</exception>
    public static ITokenizer Load(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, HuggingFaceTokenizer.TokenizerName) : path;
        string? kind = TokenizerJson.Type(TokenizerJson.Read(file).Root("model"));
        return kind is "Unigram" or "WordPiece" or "WordLevel" ? TextTokenizer.Load(path) : TokenizerFile.Load(path);
    }
}
