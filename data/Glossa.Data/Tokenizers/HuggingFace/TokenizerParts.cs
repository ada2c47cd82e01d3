using Glossa.Data.Tokenizers.HuggingFace.Decoders;
using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.HuggingFace.Normalizers;
using Glossa.Data.Tokenizers.HuggingFace.PostProcessors;
using Glossa.Data.Tokenizers.HuggingFace.PreTokenizers;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>The parts of a tokenizer.json.</summary>
internal sealed record TokenizerParts
{
    /// <summary>The model.</summary>
    public required ITokenModel Model { get; init; }

    /// <summary>Writes text anew before it is cut; null for none.</summary>
    public INormalizer? Normalizer { get; init; }

    /// <summary>Cuts text; null for none.</summary>
    public IPreTokenizer? PreTokenizer { get; init; }

    /// <summary>The way to the ids of a byte-level model that does not write bytes out; null for other models.</summary>
    public ByteLevelParts? Bytes { get; init; }

    /// <summary>Adds special tokens; null for none.</summary>
    public IPostProcessor? PostProcessor { get; init; }

    /// <summary>Turns tokens into text; null joins them with spaces.</summary>
    public IDecoder? Decoder { get; init; }

    /// <summary>Added tokens in the file's order.</summary>
    public IReadOnlyList<AddedTokenRule> AddedTokens { get; init; } = [];

    /// <summary>The file's own limit of length; null for none.</summary>
    public Truncation? Truncation { get; init; }

    /// <summary>The ids of the special tokens' roles.</summary>
    public required TokenRoles Roles { get; init; }

    /// <summary>A hash of all that decides the ids.</summary>
    public required string ContentHash { get; init; }
}

/// <summary>The ids of special tokens by their role in tokenizer_config.json; -1 where there is none.</summary>
internal sealed record TokenRoles(int Begin, int End, int Pad, int Unknown, int Class, int Separator, int Mask);
