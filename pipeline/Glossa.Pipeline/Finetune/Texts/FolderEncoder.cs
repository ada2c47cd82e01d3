using Glossa.Data.Tokenizers.HuggingFace;

namespace Glossa.Pipeline.Finetune.Texts;

/// <summary>A model folder's tokenizer, as fine-tuning uses it: special tokens around each text, long texts cut, no padding.</summary>
internal sealed class FolderEncoder
{
    private readonly TextTokenizer _tokenizer;
    private readonly HashSet<int> _special;

    /// <summary>Takes a tokenizer.</summary>
    public FolderEncoder(TextTokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _special = [tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId, tokenizer.UnknownId, tokenizer.ClassId, tokenizer.SeparatorId, tokenizer.MaskId];
    }

    /// <summary>Number of ids.</summary>
    public int VocabularySize => _tokenizer.VocabularySize;

    /// <summary>Id that fills short rows, masked out; 0 where the tokenizer has none.</summary>
    public int PadId => Math.Max(0, _tokenizer.PadId);

    /// <summary>Id that stands for a hidden token; -1 where there is none.</summary>
    public int MaskId => _tokenizer.MaskId;

    /// <summary>Id that ends a text; -1 where there is none.</summary>
    public int EndId => _tokenizer.EndId;

    /// <summary>Reads the tokenizer of a folder.</summary>
    /// <exception cref="InputException">tokenizer.json is missing or damaged, or has a part that is not known.</exception>
    public static FolderEncoder Load(string folder) => new(TextTokenizer.Load(folder));

    /// <summary>The id that a text of a language starts with in Glossa's own models, as evaluation starts it: its tag, or that of any text.</summary>
    public int FirstId(string language) => _tokenizer.LanguageTagId(language) ?? _tokenizer.BeginId;

    /// <summary>True for ids of special tokens, which are never hidden.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>The ids of a text with its special tokens, at most <paramref name="maxLength"/>. Special tokens that are written out in the text are text.</summary>
    public int[] Encode(string text, int maxLength) =>
        [.. _tokenizer.Encode(text, new TextEncodeOptions { MaxLength = maxLength, RecognizeSpecialTokens = false }).Ids];

    /// <summary>The ids of a whole text without special tokens.</summary>
    public int[] EncodePlain(string text) =>
        [.. _tokenizer.Encode(text, new TextEncodeOptions { MaxLength = int.MaxValue, RecognizeSpecialTokens = false, AddSpecialTokens = false }).Ids];
}
