using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Parity;
using Glossa.Data.Tokenizers.Training;
using Glossa.Data.Tokenizers.Unigram;
using Glossa.Data.Tokenizers.WordPiece;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Tokenizer;

/// <summary>Trains the kind of tokenizer that settings ask for.</summary>
/// <param name="Save">Writes it, given the folder and the longest sequence in tokens.</param>
internal sealed record TrainedTokenizer(Action<string, int> Save)
{
    /// <summary>Trains on the training texts of a corpus, whose languages get tags where the settings say so.</summary>
    /// <param name="texts">The corpus.</param>
    /// <param name="settings">Kind, size, weights.</param>
    /// <param name="threads">Threads; the result does not depend on them.</param>
    public static TrainedTokenizer Train(TextStore texts, TokenizerConfig settings, int threads)
    {
        return settings.Kind switch
        {
            TokenizerKind.ByteLevelBpe => Save(BpeTrainer.Train(Texts(), Complete(new BpeTrainerOptions())), HuggingFaceTokenizer.Save),
            TokenizerKind.Unigram => Save(UnigramTrainer.Train(Texts(), Complete(new UnigramTrainerOptions())), HuggingFaceTokenizer.Save),
            TokenizerKind.WordPiece => Save(WordPieceTrainer.Train(Texts(), Complete(new WordPieceTrainerOptions())), HuggingFaceTokenizer.Save),
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "no such kind"),
        };

        IEnumerable<(string Language, string Text)> Texts() =>
            texts.Languages.SelectMany(language => texts.Texts(language, CorpusSplit.Train).Select(text => (language, text)));

        T Complete<T>(T options) where T : TrainerOptions
        {
            T complete = options with { VocabularySize = settings.Vocabulary, LanguageTags = settings.LanguageTags ? [.. texts.Languages] : [], SamplingExponent = settings.SamplingExponent, Threads = threads };
            if (settings.Parity == 0) return complete;
            IReadOnlyDictionary<string, double> factors = ParityWeights.Find(Texts(), complete, ParallelText.Udhr(split => split != CorpusSplit.Test));
            return complete with { LanguageFactors = ParityWeights.Soften(factors, settings.Parity) };
        }

        static TrainedTokenizer Save<T>(T model, Action<T, string, int> save) => new((folder, longest) => save(model, folder, longest));
    }
}
