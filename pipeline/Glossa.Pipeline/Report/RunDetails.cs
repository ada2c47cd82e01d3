namespace Glossa.Pipeline.Report;

/// <summary>The network.</summary>
/// <param name="Preset">Name of the preset, or the user's graph file.</param>
/// <param name="Task"><c>causal-lm</c> or <c>masked-lm</c>.</param>
/// <param name="ModelType">Hugging Face's <c>model_type</c>; null where no published architecture describes the graph.</param>
/// <param name="Context">The longest sequence, in tokens; 0 where it is not known.</param>
/// <param name="LanguageTags">True where a sequence begins with the tag of its language.</param>
public sealed record ModelSummary(string Preset, string Task, string? ModelType, int Context, bool LanguageTags);

/// <summary>The tokenizer.</summary>
/// <param name="Kind">Its kind, such as <c>byte-level-bpe</c>.</param>
/// <param name="Vocabulary">Number of tokens, special ones and language tags included.</param>
/// <param name="BytesPerToken">How far a token reaches.</param>
public sealed record TokenizerSummary(string Kind, int Vocabulary, BytesPerToken BytesPerToken);

/// <summary>UTF-8 bytes of text per token; more is better.</summary>
/// <param name="Mean">Unweighted mean over languages.</param>
/// <param name="Worst">The lowest figure of a language.</param>
/// <param name="WorstLanguage">The language that has it.</param>
public sealed record BytesPerToken(double Mean, double Worst, string? WorstLanguage = null);

/// <summary>The text.</summary>
/// <param name="Name">Name or file name of the corpus.</param>
/// <param name="Texts">Number of texts, all splits together.</param>
/// <param name="TrainBytes">UTF-8 bytes of the training split.</param>
/// <param name="TestBytes">UTF-8 bytes of the split that the figures are made on.</param>
/// <param name="Licence">The licence of the text in one line, as the corpus states it; null where it states none.</param>
public sealed record CorpusSummary(string Name, long Texts, long TrainBytes, long TestBytes, string? Licence = null);

/// <summary>How the languages of phase 1 were chosen.</summary>
/// <param name="Method"><c>diverse</c>, <c>random</c>, <c>largest</c> or <c>list</c>.</param>
/// <param name="Picks">The chosen languages, in the order of choice.</param>
/// <param name="NearestRelatives">For each language that was not chosen, its nearest one in phase 1.</param>
public sealed record LanguageSelection(
    string Method, IReadOnlyList<LanguagePick> Picks, IReadOnlyList<NearestRelative> NearestRelatives);

/// <summary>One language of phase 1.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Reason">Why it was chosen, in words.</param>
/// <param name="Gain">What the choice added to the method's objective; null where the method has none.</param>
public sealed record LanguagePick(string Language, string Reason, double? Gain = null);

/// <summary>The nearest language of phase 1.</summary>
/// <param name="Language">A language that was not chosen.</param>
/// <param name="Relative">Its nearest one in phase 1.</param>
/// <param name="Similarity">How near: 0 (nothing in common) to 1 (the same).</param>
public sealed record NearestRelative(string Language, string Relative, double Similarity);
