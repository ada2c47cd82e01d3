using System.Text.Json;
using Glossa.Data.Tokenizers.HuggingFace.Files;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>Reads the tokenizer.json of Hugging Face's library. What a file asks for and is not supported is named in the error.</summary>
internal static class TextTokenizerFile
{
    private static readonly string[] Names = [HuggingFaceTokenizer.TokenizerName, ClassicFiles.VocabularyName, ClassicFiles.WordsName, "tokenizer.model"];

    /// <summary>The file of a folder that holds its tokenizer: the first there is of tokenizer.json, vocab.json, vocab.txt and tokenizer.model.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static string Find(string folder) => Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new InputException($"the folder has no tokenizer: none of {string.Join(", ", Names)}", folder, "save the tokenizer in its fast form (tokenizer.json) into the folder");

    /// <summary>Reads a file, or the one in a folder.</summary>
    /// <exception cref="InputException">The file is missing, damaged, or asks for what is not supported.</exception>
    public static TokenizerParts Read(string path)
    {
        string file = Directory.Exists(path) ? Find(path) : path;
        if (file.EndsWith(".model", StringComparison.OrdinalIgnoreCase)) return SentencePiece.SentencePieceFile.Read(file);
        try
        {
            TokenizerJson source = Path.GetFileName(file) switch
            {
                ClassicFiles.VocabularyName => ClassicFiles.ReadBytePairs(file),
                ClassicFiles.WordsName => ClassicFiles.ReadWords(file),
                _ => TokenizerJson.Read(file),
            };
            return Read(source, file);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new InputException("the file has text that is not valid Unicode, or a name twice", file, "fetch or write it again", e);
        }
        catch (FormatException e)
        {
            throw new InputException(e.Message, file, "this reader takes the parts named in docs/tokenizers.md");
        }
    }

    private static TokenizerParts Read(TokenizerJson source, string file)
    {
        Models.ITokenModel model = ModelReader.Read(source);
        List<AddedTokenRule> added = AddedTokenReader.Read(source, model.Vocabulary);
        Dictionary<string, int> ids = new(model.Vocabulary.Ids, StringComparer.Ordinal);
        foreach (AddedTokenRule token in added) ids[token.Content] = token.Id;
        Normalizers.INormalizer? normalizer = NormalizerReader.Read(source, source.Root("normalizer"));
        PreTokenizers.IPreTokenizer? preTokenizer = PreTokenizerReader.Read(source, source.Root("pre_tokenizer"));
        TokenRoles roles = TokenRoleReader.Read(Path.GetDirectoryName(Path.GetFullPath(file))!, ids);
        ByteLevelParts? bytes = ByteLevelParts.Of(model, preTokenizer, hasNormalizer: normalizer is not null);
        return new TokenizerParts
        {
            Model = model,
            AddedTokens = added,
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Bytes = bytes,
            PostProcessor = PostProcessorReader.Read(source, source.Root("post_processor")),
            Decoder = DecoderReader.Read(source, source.Root("decoder")),
            Truncation = ReadTruncation(source),
            Roles = roles,
            ContentHash = bytes?.ModelOf(model, added) is { } plain ? ByteLevelBpeTokenizer.HashOf(plain) : HashOf(source),
        };
    }

    private static Truncation? ReadTruncation(TokenizerJson source)
    {
        JsonElement truncation = source.Root("truncation");
        if (truncation.ValueKind != JsonValueKind.Object) return null;
        if (!TokenizerJson.Member(truncation, "max_length").TryGetWhole(out int length) || length < 0)
            throw source.Error("truncation.max_length is no number of tokens", "expected a whole number");
        TruncationStrategy strategy = TokenizerJson.Text(truncation, "strategy") switch
        {
            null or "LongestFirst" or "longest_first" => TruncationStrategy.LongestFirst,
            "OnlyFirst" or "only_first" => TruncationStrategy.OnlyFirst,
            "OnlySecond" or "only_second" => TruncationStrategy.OnlySecond,
            string other => throw source.UnsupportedPart($"the truncation strategy \"{other}\""),
        };
        return new Truncation(length, strategy, TokenizerJson.Text(truncation, "direction") is "Left" or "left");
    }

    /// <summary>Length and padding do not decide the ids of a text, so they are left out.</summary>
    private static string HashOf(TokenizerJson source) => ContentHash.OfParts(source.Document.EnumerateObject()
        .Where(member => member.Name is not ("truncation" or "padding" or "version"))
        .OrderBy(member => member.Name, StringComparer.Ordinal).SelectMany(member => (string[])[member.Name, member.Value.GetRawText()]));
}
