using System.Text;
using Glossa.Data.Tokenizers;

namespace Glossa.Pipeline.Evaluate;

/// <summary>Turns texts into the sequences that are scored.</summary>
public static class ScoringSequences
{
    /// <summary>
    /// [language tag, or <c>&lt;bos&gt;</c> where the tokenizer has none for the language], text, <c>&lt;eos&gt;</c> for each text.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="texts">Texts by language; the position in this list becomes <see cref="ScoringSequence.Language"/>.</param>
    public static List<ScoringSequence> FromTexts(
        ITokenizer tokenizer, IEnumerable<(string Language, IReadOnlyList<string> Texts)> texts)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(texts);
        List<ScoringSequence> sequences = [];
        List<int> ids = [];
        int language = 0;
        foreach ((string name, IReadOnlyList<string> ofLanguage) in texts)
        {
            int first = tokenizer.LanguageTagId(name) ?? tokenizer.BeginId;
            foreach (string text in ofLanguage)
            {
                ids.Clear();
                ids.Add(first);
                tokenizer.Encode(text, ids);
                ids.Add(tokenizer.EndId);
                sequences.Add(new ScoringSequence(language, ids.ToArray(), Encoding.UTF8.GetByteCount(text)));
            }
            language++;
        }
        return sequences;
    }
}
