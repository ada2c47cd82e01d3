namespace Glossa.Data.Tokenizers.HuggingFace.Models;

/// <summary>A token of a piece.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">First unit of the piece that it covers.</param>
/// <param name="End">Unit after the last.</param>
internal readonly record struct ModelToken(int Id, int Start, int End);

/// <summary>A vocabulary and the rule by which a piece of text becomes tokens. Implementations are immutable.</summary>
internal interface ITokenModel
{
    /// <summary>The tokens and their ids.</summary>
    ModelVocabulary Vocabulary { get; }

    /// <summary>An id whose token is written as the text that it stands for; -1 where there is none.</summary>
    int WrittenAsText { get; }

    /// <summary>Appends the tokens of a piece, which is not empty.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="score">What the text's tokens so far add up to, 0 at its start; models that score tokens move it on.</param>
    /// <param name="tokens">Where the tokens go.</param>
    /// <exception cref="InputException">A character is unknown and the model has no token for that.</exception>
    void Tokenize(ReadOnlySpan<char> piece, ref double score, List<ModelToken> tokens);

    /// <summary>Appends the ids of a piece, which is not empty: those of <see cref="Tokenize"/>.</summary>
    /// <exception cref="InputException">A character is unknown and the model has no token for that.</exception>
    void Encode(ReadOnlySpan<char> piece, ref double score, List<int> ids);
}

/// <summary>The tokens of a model and their ids.</summary>
internal sealed class ModelVocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly string?[] _tokens;

    /// <summary>Takes a vocabulary.</summary>
    /// <param name="ids">Tokens and ids.</param>
    /// <param name="entries">The token of each id, where one may stand in the file twice; null for those of <paramref name="ids"/>.</param>
    public ModelVocabulary(Dictionary<string, int> ids, IReadOnlyList<string>? entries = null)
    {
        _ids = ids;
        Entries = entries?.Count ?? ids.Count;
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = entries is null ? new string?[ids.Count == 0 ? 0 : ids.Values.Max() + 1] : [.. entries];
        foreach ((string token, int id) in ids) _tokens[id] = token;
    }

    /// <summary>All tokens.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>Number of entries in the file.</summary>
    public int Entries { get; }

    /// <summary>The largest id, and one.</summary>
    public int Size => _tokens.Length;

    /// <summary>The token of an id, or null.</summary>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The id of a token, or -1.</summary>
    public int Id(ReadOnlySpan<char> token) => _lookup.TryGetValue(token, out int id) ? id : -1;

    /// <summary>The ids of the byte pieces <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, -1 for those that are missing.</summary>
    public int[] ByteIds() => [.. Enumerable.Range(0, 256).Select(b => Id(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"<0x{b:X2}>")))];
}
