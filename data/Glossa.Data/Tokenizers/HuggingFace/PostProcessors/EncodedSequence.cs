namespace Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

/// <summary>A token of an encoded text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Token">How it is written.</param>
/// <param name="Start">First code point of the text that it covers.</param>
/// <param name="End">Code point after the last.</param>
/// <param name="TypeId">The segment that it belongs to.</param>
/// <param name="IsSpecial">True for a token that the post-processor added.</param>
internal readonly record struct EncodedToken(int Id, string Token, int Start, int End, int TypeId = 0, bool IsSpecial = false);
