using Glossa.Data.Corpora;

namespace Glossa.Data.Tokenizers.Parity;

/// <summary>A translation of a passage.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Passage">Which passage: translations of one and the same carry the same name. A passage may come in several texts.</param>
/// <param name="Text">The text.</param>
public sealed record ParallelText(string Language, string Passage, string Text)
{
    /// <summary>The articles of the embedded declaration of human rights.</summary>
    /// <param name="isWanted">Which splits to take.</param>
    public static IEnumerable<ParallelText> Udhr(Func<CorpusSplit, bool> isWanted) => CorpusReader.Read(EmbeddedCorpora.UdhrPath, new CorpusColumns { Label = "article" })
        .Where(row => isWanted(row.Split)).Select(row => new ParallelText(row.Language, row.Label!, row.Text));
}
