using System.Buffers;
using System.Globalization;
using System.Text;

namespace Glossa.Data.Tokenizers;

/// <summary>
/// Encodes and decodes with a byte-level <see cref="BpeModel"/>. <c>Decode(Encode(x)) == x</c> for every valid Unicode
/// string; a lone surrogate is encoded as U+FFFD, and so are bytes that are no UTF-8 decoded.
/// </summary>
public sealed class ByteLevelBpeTokenizer : ITokenizer
{
    private readonly BpeEncoder _encoder;
    private readonly Dictionary<string, int> _tags;
    private readonly Dictionary<int, AddedToken> _added;
    private readonly SearchValues<string> _addedContents;
    private readonly Lazy<string> _hash;

    /// <summary>Prepares a model for use.</summary>
    public ByteLevelBpeTokenizer(BpeModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _encoder = new BpeEncoder(model.Merges, model.ByteIds);
        _added = model.AddedTokens.ToDictionary(token => token.Id);
        _tags = model.AddedTokens.Select(token => (Language: SpecialTokens.LanguageOfTag(token.Content), token.Id))
            .Where(tag => tag.Language is not null).ToDictionary(tag => tag.Language!, tag => tag.Id, StringComparer.Ordinal);
        _addedContents = SearchValues.Create([.. model.AddedTokens.Select(token => token.Content)], StringComparison.Ordinal);
        _hash = new Lazy<string>(() => HashOf(model));
    }

    /// <summary>The model behind the tokenizer.</summary>
    public BpeModel Model { get; }

    /// <inheritdoc/>
    public int VocabularySize => Model.VocabularySize;

    /// <inheritdoc/>
    public int TextVocabularySize => Model.TextVocabularySize;

    /// <inheritdoc/>
    public int BeginId => Model.BeginId;

    /// <inheritdoc/>
    public int EndId => Model.EndId;

    /// <inheritdoc/>
    public int PadId => Model.PadId;

    /// <inheritdoc/>
    public string ContentHash => _hash.Value;

    /// <inheritdoc/>
    public int? LanguageTagId(string language) => _tags.TryGetValue(language, out int id) ? id : null;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        _encoder.Encode(text, Model.Pattern, ids);
    }

    /// <summary>
    /// Appends the ids of <paramref name="text"/> as Hugging Face's clients do: an added token written out in the text
    /// becomes its id (of several that start at one place, the longest).
    /// </summary>
    public void EncodeWithAddedTokens(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        while (!text.IsEmpty)
        {
            int at = text.IndexOfAny(_addedContents);
            if (at < 0) break;
            _encoder.Encode(text[..at], Model.Pattern, ids);
            AddedToken token = LongestAt(text[at..]);
            ids.Add(token.Id);
            text = text[(at + token.Content.Length)..];
        }
        _encoder.Encode(text, Model.Pattern, ids);
    }

    /// <inheritdoc/>
    public string Decode(IReadOnlyList<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArrayBufferWriter<byte> bytes = new(Math.Max(16, ids.Count * 4));
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)VocabularySize)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"the tokenizer has ids 0 to {VocabularySize - 1}");
            if (_added.TryGetValue(id, out AddedToken added))
            {
                if (!added.IsSpecial) bytes.Write(Encoding.UTF8.GetBytes(added.Content));
            }
            else
            {
                bytes.Write(Model.TokenBytes(id));
            }
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private AddedToken LongestAt(ReadOnlySpan<char> text)
    {
        AddedToken longest = default;
        foreach (AddedToken token in Model.AddedTokens)
            if (token.Content.Length > (longest.Content?.Length ?? 0) && text.StartsWith(token.Content, StringComparison.Ordinal)) longest = token;
        return longest;
    }

    /// <summary>A hash of all of a model that decides the ids.</summary>
    internal static string HashOf(BpeModel model)
    {
        IEnumerable<string> tokens = Enumerable.Range(0, model.VocabularySize).Select(id => model.HasBytes(id) ? Convert.ToHexString(model.TokenBytes(id)) : "-");
        IEnumerable<string> merges = model.Merges.Select(merge => string.Create(CultureInfo.InvariantCulture, $"{merge.Left},{merge.Right},{merge.Result}"));
        IEnumerable<string> added = model.AddedTokens.Select(token => string.Create(CultureInfo.InvariantCulture, $"{token.Id},{token.IsSpecial},{token.Content}"));
        return Glossa.ContentHash.OfParts(["byte-level BPE", model.Pattern.Regex, string.Join('\n', tokens), string.Join('\n', merges), string.Join('\n', added)]);
    }
}
