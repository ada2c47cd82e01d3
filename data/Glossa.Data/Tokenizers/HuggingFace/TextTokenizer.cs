using System.Globalization;
using Glossa.Data.Tokenizers.HuggingFace.Models;
using Glossa.Data.Tokenizers.HuggingFace.Normalizers;
using Glossa.Data.Tokenizers.HuggingFace.PostProcessors;

namespace Glossa.Data.Tokenizers.HuggingFace;

/// <summary>
/// Encodes and decodes as Hugging Face's clients do with the same tokenizer.json: added tokens are cut out of the text,
/// what is left is normalized, cut into pieces, each piece becomes tokens of the model, and special tokens are put around.
/// Immutable and safe to use from several threads.
/// </summary>
public sealed class TextTokenizer : ITokenizer
{
    private static readonly TextEncodeOptions DefaultOptions = new();

    [ThreadStatic]
    private static Pieces? _workspace;

    [ThreadStatic]
    private static List<ModelToken>? _tokens;

    private readonly TokenizerParts _parts;
    private readonly AddedTokenMatcher _original;
    private readonly AddedTokenMatcher _normalized;
    private readonly Dictionary<int, AddedTokenRule> _addedById;
    private readonly Dictionary<string, int> _addedIds;
    private readonly Dictionary<int, string> _normalForms;
    private readonly HashSet<string> _special;
    private readonly Dictionary<string, int> _tags;
    private readonly Action<AlignedText, Piece, AlignedText, List<Piece>>? _normalize;
    private readonly bool _takesAddedTokens;

    internal TextTokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _normalize = parts.Normalizer is { } normalizer ? Rewriting(normalizer) : null;
        _takesAddedTokens = parts.AddedTokens.Any(token => token.IsInText && !token.IsSpecial);
        _addedById = [];
        _addedIds = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (AddedTokenRule token in parts.AddedTokens) (_addedById[token.Id], _addedIds[token.Content]) = (token, token.Id);
        _special = [.. parts.AddedTokens.Where(token => token.IsSpecial).Select(token => token.Content)];
        _normalForms = parts.AddedTokens.Where(token => token.Normalized).ToDictionary(token => token.Id, token => Normalize(token.Content));
        _original = new AddedTokenMatcher(parts.AddedTokens.Where(token => token.IsInText && !token.Normalized).Select(token => (token.Content, token)));
        _normalized = new AddedTokenMatcher(parts.AddedTokens.Where(token => token.IsInText && token.Normalized).Select(token => (_normalForms[token.Id], token)));
        _tags = parts.AddedTokens.Where(token => SpecialTokens.LanguageOfTag(token.Content) is not null)
            .ToDictionary(token => SpecialTokens.LanguageOfTag(token.Content)!, token => token.Id, StringComparer.Ordinal);
        VocabularySize = Math.Max(parts.Model.Vocabulary.Size, _addedById.Keys.DefaultIfEmpty(-1).Max() + 1);
        TextVocabularySize = VocabularySize;
        while (_addedById.TryGetValue(TextVocabularySize - 1, out AddedTokenRule? last) && SpecialTokens.LanguageOfTag(last.Content) is not null) TextVocabularySize--;
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int TextVocabularySize { get; }

    /// <inheritdoc/>
    public int BeginId => _parts.Roles.Begin;

    /// <inheritdoc/>
    public int EndId => _parts.Roles.End;

    /// <inheritdoc/>
    public int PadId => _parts.Roles.Pad;

    /// <summary>Id of the unknown token; -1 where there is none.</summary>
    public int UnknownId => _parts.Roles.Unknown;

    /// <summary>Id of the token that a classifier reads (<c>[CLS]</c>); -1 where there is none.</summary>
    public int ClassId => _parts.Roles.Class;

    /// <summary>Id of the token between texts (<c>[SEP]</c>); -1 where there is none.</summary>
    public int SeparatorId => _parts.Roles.Separator;

    /// <summary>Id of the token that hides another (<c>[MASK]</c>); -1 where there is none.</summary>
    public int MaskId => _parts.Roles.Mask;

    /// <summary>The most tokens that the file itself lets an encoding have; null where it sets no limit.</summary>
    public int? DefaultMaxLength => _parts.Truncation?.MaxLength;

    /// <inheritdoc/>
    public string ContentHash => _parts.ContentHash;

    /// <summary>
    /// Reads a tokenizer.json, a vocab.json with merges.txt beside it, a vocab.txt, a sentencepiece file (<c>.model</c>), or the first of
    /// them in a folder. Roles of special tokens come from tokenizer_config.json and special_tokens_map.json beside it.
    /// </summary>
    /// <exception cref="InputException">The file is missing, damaged, or asks for what is not supported.</exception>
    public static TextTokenizer Load(string path) => new(TextTokenizerFile.Read(path));

    /// <summary>The file of a folder that <see cref="Load"/> reads.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static string FileOf(string folder) => TextTokenizerFile.Find(folder);

    /// <summary>Encodes a text.</summary>
    /// <param name="text">The text; lone surrogates count as U+FFFD.</param>
    /// <param name="options">How; null for special tokens added and recognised, and the file's own limit of length.</param>
    /// <exception cref="InputException">A character is unknown to a model without an unknown token, or the length has no room for the special tokens.</exception>
    public TextEncoding Encode(string text, TextEncodeOptions? options = null) => Encode(text, pair: null, options);

    /// <summary>Encodes a pair of texts, such as a question and a passage; <paramref name="pair"/> null encodes one text.</summary>
    /// <inheritdoc cref="Encode(string, TextEncodeOptions?)"/>
    public TextEncoding Encode(string text, string? pair, TextEncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= DefaultOptions;
        Truncation? truncation = options.MaxLength is int most ? (_parts.Truncation ?? new Truncation(most)) with { MaxLength = most } : _parts.Truncation;
        bool truncated = false;
        List<List<EncodedToken>> sequences = [EncodeSequence(text, typeId: 0)];
        if (pair is not null) sequences.Add(EncodeSequence(pair, typeId: 1));
        if (truncation is not null and not { MaxLength: int.MaxValue })
            truncated |= truncation.Apply(sequences, options.AddSpecialTokens ? _parts.PostProcessor?.AddedTokens(sequences.Count > 1) ?? 0 : 0);
        if (_parts.PostProcessor is { } postProcessor) sequences = postProcessor.Process(sequences, options.AddSpecialTokens);
        EncodedToken[] tokens = [.. sequences.SelectMany(sequence => sequence)];
        return new TextEncoding
        {
            Ids = Array.ConvertAll(tokens, token => token.Id),
            Tokens = Array.ConvertAll(tokens, token => token.Token),
            Offsets = Array.ConvertAll(tokens, token => (token.Start, token.End)),
            TypeIds = Array.ConvertAll(tokens, token => token.TypeId),
            SpecialTokensMask = Array.ConvertAll(tokens, token => token.IsSpecial ? 1 : 0),
            IsTruncated = truncated,
        };

        List<EncodedToken> EncodeSequence(string one, int typeId)
        {
            List<EncodedToken> tokens = this.EncodeSequence(one, typeId, options.RecognizeSpecialTokens, truncation, out bool isCut);
            truncated |= isCut;
            return tokens;
        }
    }

    /// <summary>Appends the ids of <paramref name="text"/> without special tokens around it; those written out in it are taken as text.</summary>
    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (_parts.Bytes is { Words: { } words } bytes && !_takesAddedTokens)
        {
            bytes.Encoder.Encode(text, words, ids);
            return;
        }
        Pieces pieces = Run(text, recognizeSpecialTokens: false, keepsPlaces: _parts.PreTokenizer?.NeedsPlaces == true);
        double score = 0;
        foreach (Piece piece in pieces.Items)
        {
            ReadOnlySpan<char> characters = pieces.Text.Characters[piece.Start..piece.End];
            if (!piece.IsText) ids.Add(piece.TokenId);
            else if (_parts.Bytes is { } byteLevel) byteLevel.Encoder.EncodeWord(characters, ids);
            else _parts.Model.Encode(characters, ref score, ids);
        }
    }

    /// <inheritdoc/>
    public string Decode(IReadOnlyList<int> ids) => Decode(ids, skipSpecialTokens: true);

    /// <summary>The text of <paramref name="ids"/>; ids that no token has are left out.</summary>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(ids);
        List<string> tokens = new(ids.Count);
        foreach (int id in ids)
            if (Written(id) is { } token && !(skipSpecialTokens && _special.Contains(token))) tokens.Add(token);
        return _parts.Decoder is { } decoder ? string.Concat(decoder.Decode(tokens)) : string.Join(' ', tokens);
    }

    /// <inheritdoc/>
    public int? LanguageTagId(string language) => _tags.TryGetValue(language, out int id) ? id : null;

    /// <summary>The token of an id as the vocabulary writes it, or null.</summary>
    public string? Token(int id) => _addedById.TryGetValue(id, out AddedTokenRule? added) ? added.Content : _parts.Model.Vocabulary.Token(id);

    /// <summary>The token that decoding starts from: an added token as it stood in the normalized text.</summary>
    private string? Written(int id) => _normalForms.TryGetValue(id, out string? form) ? form : Token(id);

    /// <summary>The id of a token, or null.</summary>
    public int? Id(string token)
    {
        if (_addedIds.TryGetValue(token, out int added)) return added;
        return _parts.Model.Vocabulary.Id(token) is int id and >= 0 ? id : null;
    }

    /// <summary>What the normalizer makes of a text.</summary>
    internal string Normalize(string text)
    {
        AlignedText source = new(), target = new();
        source.Reset(text);
        return _parts.Normalizer is { } normalizer && normalizer.TryNormalize(source, 0, source.Length, target) ? target.Characters.ToString() : source.Characters.ToString();
    }

    /// <summary>The pieces that the model is to encode and the added tokens between them, with their places in code points.</summary>
    internal List<(string Piece, int Start, int End)> Cut(string text)
    {
        Pieces pieces = Run(text, recognizeSpecialTokens: true);
        CodePointPlaces places = new(text);
        return pieces.Items.ConvertAll(piece => (pieces.Text.Characters[piece.Start..piece.End].ToString(),
            places.At(pieces.Text.StartOf(piece.Start)), places.At(pieces.Text.EndOf(piece.End - 1))));
    }

    /// <summary>Cuts a text into the pieces that the model is to encode; without places, bytes are left to the encoder of bytes.</summary>
    private Pieces Run(ReadOnlySpan<char> text, bool recognizeSpecialTokens, bool keepsPlaces = true)
    {
        Pieces pieces = _workspace ??= new Pieces();
        pieces.Reset(text, keepsPlaces);
        _original.Apply(pieces, recognizeSpecialTokens);
        if (_normalize is not null) pieces.Rewrite(_normalize);
        _normalized.Apply(pieces, recognizeSpecialTokens);
        (keepsPlaces || _parts.Bytes is null ? _parts.PreTokenizer : _parts.Bytes.Cut)?.Apply(pieces);
        return pieces;
    }

    private static Action<AlignedText, Piece, AlignedText, List<Piece>> Rewriting(INormalizer normalizer) => (source, piece, target, output) =>
    {
        int start = target.Length;
        if (!normalizer.TryNormalize(source, piece.Start, piece.End, target)) target.Append(source, piece.Start, piece.End);
        output.Add(new Piece(start, target.Length));
    };

    /// <summary>
    /// Encodes a text piece by piece. As in the library, pieces past the longest length are left out whole, from the end that is cut,
    /// and truncation then sees the rest.
    /// </summary>
    private List<EncodedToken> EncodeSequence(string text, int typeId, bool recognizeSpecialTokens, Truncation? truncation, out bool isCut)
    {
        Pieces pieces = Run(text, recognizeSpecialTokens);
        List<ModelToken> tokens = _tokens ??= [];
        AlignedText aligned = pieces.Text;
        CodePointPlaces places = new(text);
        List<EncodedToken> result = new(pieces.Items.Count * 2);
        List<int> starts = [];
        int most = truncation is { Strategy: TruncationStrategy.LongestFirst } ? truncation.MaxLength : int.MaxValue;
        isCut = false;
        double score = 0;
        foreach (Piece piece in pieces.Items)
        {
            if (result.Count >= most && truncation is { FromLeft: false })
            {
                isCut = true;
                break;
            }
            starts.Add(result.Count);
            AddTokens(piece, result);
        }
        int first = starts.FindLastIndex(start => result.Count - start >= most);
        if (first > 0 && truncation is { FromLeft: true })
        {
            isCut = true;
            result.RemoveRange(0, starts[first]);
        }
        return result;

        void AddTokens(Piece piece, List<EncodedToken> output)
        {
            ReadOnlySpan<char> characters = aligned.Characters[piece.Start..piece.End];
            if (!piece.IsText)
            {
                output.Add(new EncodedToken(piece.TokenId, characters.ToString(), places.At(aligned.StartOf(piece.Start)), places.At(aligned.EndOf(piece.End - 1)), typeId));
                return;
            }
            tokens.Clear();
            _parts.Model.Tokenize(characters, ref score, tokens);
            foreach (ModelToken token in tokens)
            {
                string written = token.Id == _parts.Model.WrittenAsText ? characters[token.Start..token.End].ToString() : _parts.Model.Vocabulary.Token(token.Id) ?? "";
                int start = piece.Start + token.Start, last = piece.Start + Math.Max(token.Start, token.End - 1);
                output.Add(new EncodedToken(token.Id, written, places.At(aligned.StartOf(start)), places.At(aligned.EndOf(last)), typeId));
            }
        }
    }
}
