namespace Glossa.Pipeline.Evaluate;

/// <summary>One text as a model sees it.</summary>
/// <param name="Language">Index into the list of languages that is scored.</param>
/// <param name="Ids">
/// The language tag (or <c>&lt;bos&gt;</c>), the text, <c>&lt;eos&gt;</c>: the first id is given, every other one is scored.
/// </param>
/// <param name="Bytes">UTF-8 bytes of the text.</param>
public readonly record struct ScoringSequence(int Language, ReadOnlyMemory<int> Ids, long Bytes);
