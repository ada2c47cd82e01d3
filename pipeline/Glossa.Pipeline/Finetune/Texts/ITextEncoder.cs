namespace Glossa.Pipeline.Finetune.Texts;

/// <summary>Text to the ids that a model was trained on, special tokens included.</summary>
internal interface ITextEncoder
{
    /// <summary>Number of ids.</summary>
    int VocabularySize { get; }

    /// <summary>Id that fills short rows; masked out.</summary>
    int PadId { get; }

    /// <summary>Id that stands for a hidden token; -1 where there is none.</summary>
    int MaskId { get; }

    /// <summary>True for ids of special tokens, which are never hidden.</summary>
    bool IsSpecial(int id);

    /// <summary>The ids of a text with its special tokens; the text's own are cut so that all are at most <paramref name="maxLength"/>.</summary>
    int[] Encode(string text, int maxLength);

    /// <summary>The ids of a whole text without special tokens.</summary>
    int[] EncodePlain(string text);
}
